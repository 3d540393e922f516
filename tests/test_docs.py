"""The files that operators copy are held against schemas, and against what they must agree with."""

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import kubernetes_validate
import pytest
import yaml
from ray.autoscaler._private.kuberay.autoscaling_config import (
    _derive_autoscaling_config_from_ray_cr as what_ray_reads,
)

from autograde import doctor, regrade

ROOT = Path(__file__).parent.parent
CLUSTER = (ROOT / "docs/kuberay.yaml").read_text()
WORKFLOW = (ROOT / "docs/gpu-regrade.yml").read_text()
LOCKED = dict(
    line.split("==")
    for line in (ROOT / "requirements.lock").read_text().splitlines()
    if not line.startswith("#")
)
#: The first Kubernetes in which pods have user namespaces unless they are switched off.
KUBERNETES = "1.33"


def workflow_faults(text, tmp_path):
    """What GitHub's own schema, and the rule that each job has a time limit, say of a workflow."""
    file = tmp_path / "workflow.yml"
    file.write_text(text)
    said = ""
    for schema in ("vendor.github-workflows", "custom.github-workflows-require-timeout"):
        done = subprocess.run(
            [Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", schema, file],
            capture_output=True,
            text=True,
        )
        said += done.stdout + done.stderr if done.returncode else ""
    return said


def nodes_of(text):
    """What each group of nodes offers, as Ray reads it; raises if it or Kubernetes would refuse."""
    cluster = yaml.safe_load(text)
    spec = cluster["spec"]
    for group in (spec["headGroupSpec"], *spec["workerGroupSpecs"]):
        pod = {"apiVersion": "v1", "kind": "PodTemplate", "template": group["template"]}
        kubernetes_validate.validate(pod, KUBERNETES, strict=True)
    cluster["metadata"]["namespace"] = "default"  # kubectl says which
    nodes = what_ray_reads(cluster)["available_node_types"]
    return {name: node["resources"] for name, node in nodes.items()}


def test_the_workflow_is_one(tmp_path):
    """GitHub would take the file as it is."""
    assert workflow_faults(WORKFLOW, tmp_path) == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("    runs-on:", "    run-on:"),
        ("    timeout-minutes: 180\n", ""),
        ("contents: read", "contents: look"),
        ("cancel-in-progress: false", "cancel: false"),
        ("  workflow_dispatch:", "  workflow_dispatched:"),
        ("        run: make setup", "        runs: make setup"),
    ],
)
def test_a_broken_workflow_is_noticed(tmp_path, old, new):
    """A slip in the file would fail the test above."""
    assert old in WORKFLOW
    assert workflow_faults(WORKFLOW.replace(old, new), tmp_path)


def test_nothing_that_is_typed_becomes_code():
    """No script of the workflow holds an expression, and each action is pinned to a commit."""
    steps = yaml.safe_load(WORKFLOW)["jobs"]["regrade"]["steps"]
    assert not [step for step in steps if "${{" in step.get("run", "")]
    assert all(re.fullmatch(r".*@[0-9a-f]{40}", step["uses"]) for step in steps if "uses" in step)


def test_the_workflow_offers_what_the_command_takes():
    """The menu of devices is that of `autograde regrade --device`."""
    (trigger,) = yaml.safe_load(WORKFLOW)[True].values()  # in YAML 1.1 the key `on` is a truth
    assert set(trigger["inputs"]["device"]["options"]) == set(get_args(regrade.Device))


def test_the_cluster_has_a_gpu_where_it_grades():
    """Ray reads one GPU from each worker and neither a GPU nor a core from the head."""
    nodes = nodes_of(CLUSTER)
    assert nodes.keys() == {"headgroup", "gpu"}
    assert (nodes["gpu"]["GPU"], nodes["gpu"]["CPU"]) == (1, 8)
    assert (nodes["headgroup"].get("GPU"), nodes["headgroup"]["CPU"]) == (None, 0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("procMount: Unmasked", "procmount: Unmasked"),
        ("hostUsers: false", "hostUsers: none"),
        ("runAsUser: 1000", "runAsUser: grader"),
        ("emptyDir: {medium: Memory,", "emptyDir: {medium: Memory, size: 1,"),
        ("          containers:", "          container:"),
        ("minReplicas: 1", "minReplica: 1"),
        ("groupName: gpu", "group: gpu"),
        ('nvidia.com/gpu: "1"', 'nvidia.com/gpu: "one"'),
        ("  workerGroupSpecs:", "  workerGroups:"),
    ],
)
def test_a_broken_cluster_is_noticed(old, new):
    """A slip in the file would fail the test above."""
    assert old in CLUSTER
    with pytest.raises((KeyError, ValueError, kubernetes_validate.ValidationError)):
        nodes_of(CLUSTER.replace(old, new))


def test_workers_may_make_sandboxes():
    """A worker's pod has everything that the doctor asks of one in Kubernetes."""
    remedy = doctor._CONTAINERS["Kubernetes"]
    asked = re.findall(r"\w+: (?:\{.*?\}|\w+)", remedy)
    assert len(asked) == 5
    assert not [setting for setting in asked if setting not in CLUSTER]


def test_versions_are_those_of_the_lock():
    """The cluster's Ray and the page's torch are what a worker installs."""
    assert yaml.safe_load(CLUSTER)["spec"]["rayVersion"] == LOCKED["ray"]
    assert f"torch=={LOCKED['torch']}" in (ROOT / "docs/gpu-runners.md").read_text()
