"""Submit in nbgrader's assignment list: through the exchange of this machine, with a receipt."""

import sys
from pathlib import Path

from nbgrader.exchange.default import ExchangeSubmit

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

# Not at the top: it lies beside this file, where Python looks since the line above only.
import submit  # noqa: E402


class SubmitWithReceipt(ExchangeSubmit):
    """nbgrader's Submit, which writes a receipt beside the labs' folders afterwards."""

    def copy_files(self) -> None:
        """Copy to the exchange, then write the receipt."""
        super().copy_files()
        lab = self.coursedir.assignment_id
        # Of what is there now: an autosave may have changed the notebook since.
        sent = Path(self.inbound_path, self.assignment_filename)
        about = {**submit.labs()[lab], "folder": sent}
        try:
            files = submit.files_of(about)
            submit.receipt([about], files, submit.moment(), f"{lab}, through the exchange")
        except (OSError, ValueError) as error:  # it has been handed in all the same
            self.log.error("handed in, but no receipt could be written: %s", error)


c = get_config()  # traitlets puts this name here
c.ExchangeFactory.submit = SubmitWithReceipt
about = next(iter(submit.labs().values()))
c.CourseDirectory.course_id = about["course"]
c.Exchange.root = about["exchange"]
# What was handed in before, as the assignment list shows it.
c.Exchange.cache = str(HERE / ".handed-in")
