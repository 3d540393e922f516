"""How much chance there is in a lab's scores: the same answers graded many times.

Owns the repeating that an author does before a lab is used; prints a table, changes nothing. With
``--other-seeds`` every grading draws other hidden inputs, as another candidate's submission would;
without, only the machine differs from one to the next, and in a check that measures no time no
score may. Owns no judgement: which spread is small enough is the lab's issue to say.
"""

import argparse
import sys
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from autograde import answers, audit, build, catalog, mutants

out = Console(width=140, soft_wrap=True, highlight=False)


def main() -> None:
    """Read the command line, grade, print the least and the most that each check gave."""
    parser = argparse.ArgumentParser(description=str(__doc__).split("\n")[0])
    parser.add_argument("lab")
    parser.add_argument("answers", nargs="*", help="default: reference")
    parser.add_argument("--task", help="only the checks of this one")
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--other-seeds", action="store_true", help="other hidden inputs each time")
    given = parser.parse_args()
    root = catalog.root()
    build.build_lab(given.lab, root)
    release = catalog.release(given.lab, root)
    known = {answer.name: answer for answer in answers.load(given.lab, root, release)}
    known["reference"] = answers.Answer("reference", answers.Header(kind="right", about=""), {}, {})
    unknown = set(given.answers) - set(known)
    if unknown:
        sys.exit(f"{given.lab} has no answer {', '.join(sorted(unknown))}")
    if given.task:
        release = mutants.only(release, given.task)
    names = given.answers or ["reference"]
    seen: dict[tuple[str, str], list[float | None]] = defaultdict(list)
    others = [f"{number}" if given.other_seeds else "" for number in range(given.times)]
    rounds = [(name, other) for other in others for name in names]
    with ThreadPoolExecutor(given.workers) as pool, Progress(console=out, transient=True) as shown:
        bar = shown.add_task(given.lab, total=len(rounds))
        jobs = [
            (name, pool.submit(audit.grade, release, known[name], other=other))
            for name, other in rounds
        ]
        for name, job in jobs:
            result = job.result()
            seen[name, "all"].append(result.score)
            for verdict in result.verdicts:
                seen[name, verdict.cell].append(verdict.score)
            shown.advance(bar)
    kind = "other hidden inputs each time" if given.other_seeds else "the same hidden inputs"
    table = Table(title=f"{given.lab}, {given.times} gradings, {kind}", title_justify="left")
    for column in ("answer", "check", "least", "most", "gradings below the most", "undecided"):
        table.add_column(column)
    for (name, cell), scores in seen.items():
        points = [score for score in scores if score is not None]
        if not points:
            table.add_row(name, cell, "-", "-", "-", str(len(scores)))
            continue
        most = max(points)
        below = sum(point < most for point in points)
        undecided = len(scores) - len(points)
        table.add_row(name, cell, f"{min(points):g}", f"{most:g}", str(below), str(undecided))
    out.print(table)


if __name__ == "__main__":
    main()
