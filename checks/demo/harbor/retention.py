"""Tag retention: a project's policy, and runs of it that remove images.

A run deletes whole images by their digest, as the job service (pkg/retention/dep/client.go), so the audit log names
`harbor-jobservice` and no tag.
"""

from dataclasses import replace

from checks.demo.harbor.content import Content
from checks.demo.harbor.entities import RetentionPolicy, RetentionRun
from checks.demo.harbor.tables import DAY

JOB_SERVICE = "harbor-jobservice"
TOOK = 20.0
"""Seconds that a run takes."""


class Retentions(Content):
    """Policies by their number, and their runs."""

    def set_retention(self, project: str, *keep: int) -> RetentionPolicy:
        """Give a project a policy with one rule for each number: so many of the newest artifacts are kept."""
        with self.guard:
            policy = RetentionPolicy(self.next_id("retention"), self.project(project).id, keep)
            self.retentions[policy.id] = policy
            self.set_metadata(project, retention_id=str(policy.id))
            return policy

    def run_retention(
        self, project: str, *gone: tuple[str, str], days_ago: float = 0.0, dry: bool = False
    ) -> RetentionRun:
        """Let the policy of a project run so long ago: `gone` are repository and tag of each image that it removes."""
        with self.guard:
            policy = self.retentions[int(self.project(project).metadata["retention_id"])]
            begun = self.clock() - days_ago * DAY
            run = RetentionRun(self.next_id("retention run"), policy.id, begun, begun + TOOK, dry)
            self.retention_runs.append(run)
            for repository, tag in () if dry else gone:
                self.delete_artifact(repository, tag, JOB_SERVICE, days_ago - TOOK / 2 / DAY)
            return run

    def stop_retention(self, run: RetentionRun) -> None:
        """Leave a run without an end, as one that is under way."""
        with self.guard:
            self.retention_runs[self.retention_runs.index(run)] = replace(run, ended=0.0)
