"""Projects, repositories, images and policies: what scenarios and tests change about them."""

from dataclasses import replace

from checks.demo.harbor.entities import Member, Project, Reach, Repository, Role, Scan, Upstream
from checks.demo.harbor.images import ATTESTATION, build
from checks.demo.harbor.tables import Tables


class Content(Tables):
    """Everything that can be pulled. A repository is always named in full: `shop/web`."""

    def add_project(
        self, name: str, *, public: bool = False, upstream: Upstream | None = None, owner: str = "admin"
    ) -> Project:
        """Add a project; with `upstream` a proxy cache. An existing one is kept; the owner administers it."""
        with self.guard:
            if name not in self.projects:
                metadata = {"public": "true" if public else "false"}
                number = self.next_id("project")
                self.projects[name] = Project(number, name, self.clock(), metadata, upstream=upstream, owner=owner)
                member, user = self.next_id("member"), next(u.id for u in self.users.values() if u.name == owner)
                self.members[member] = Member(member, number, user, Role.PROJECT_ADMIN)
            return self.projects[name]

    def add_proxy_project(
        self, name: str, url: str, *, kind: str = "docker-registry", reach: Reach = Reach.OK, public: bool = False
    ) -> Project:
        """Add a proxy cache project in front of `url`; `kind` `docker-hub` adds `library/` by a redirect."""
        upstream = Upstream(self.next_id("registry"), f"{name}-upstream", url, kind, reach)
        return self.add_project(name, public=public, upstream=upstream)

    def set_reach(self, project: str, reach: Reach) -> None:
        """Change what a proxy cache's upstream does when it is asked."""
        with self.guard:
            held = self.projects[project]
            if held.upstream is None:
                raise ValueError(f"{project} is no proxy cache project")
            self.projects[project] = replace(held, upstream=replace(held.upstream, reach=reach))

    def delete_project(self, name: str, *, by: str = "", days_ago: float = 0.0) -> None:
        """Delete a project with its repositories and members; its robots go with it, as in Harbor.

        With `by` the audit log has it: the project, but none of what went with it.
        """
        with self.guard:
            project = self.projects.pop(name)
            if by:
                self.note("delete", "project", name, by, project.id, days_ago=days_ago)
            self.members = {key: m for key, m in self.members.items() if m.project_id != project.id}
            self.robots = {key: r for key, r in self.robots.items() if r.project_id != project.id}
            for table in (self.repositories, self.upstream):
                for full in [full for full in table if full.startswith(f"{name}/")]:
                    del table[full]

    def set_metadata(self, project: str, **metadata: str | None) -> Project:
        """Set metadata of a project (None removes), e.g. `set_metadata("shop", public="true")`."""
        with self.guard:
            held = self.projects[project]
            merged = {**held.metadata, **metadata}
            kept = {key: value for key, value in merged.items() if value is not None}
            self.projects[project] = replace(held, metadata=kept)
            return self.projects[project]

    def set_policy(
        self, project: str, *, cosign: bool = False, notation: bool = False, prevent_vul: str | None = None
    ) -> Project:
        """Set all gates of a project; `prevent_vul` is the severity from which images are held back, e.g. `high`."""
        return self.set_metadata(
            project,
            enable_content_trust_cosign="true" if cosign else "false",
            enable_content_trust="true" if notation else "false",
            prevent_vul="true" if prevent_vul else "false",
            severity=prevent_vul,
        )

    def allow_cves(self, project: str, *cves: str, until: int | None = None) -> None:
        """Give the project a CVE allowlist of its own; `until` in seconds since 1970."""
        with self.guard:
            held = self.set_metadata(project, reuse_sys_cve_allowlist="false")
            self.projects[project] = replace(held, allowlist=frozenset(cves), allowlist_until=until)

    def push_image(
        self,
        repository: str,
        tag: str,
        *,
        platforms: tuple[str, ...] = ("linux/amd64",),
        index: bool | None = None,
        attested: bool = False,
        seed: str | None = None,
        upstream_only: bool = False,
    ) -> str:
        """Push a small true image and return the digest that the tag now names.

        `index`: see `images.build`. The same `seed` and platforms give the same digest; unless said it is
        repository and tag, so that no two images are alike. `upstream_only`: only the upstream of a proxy cache
        project has it, nothing is cached yet. The project is added (private) if it does not exist.
        """
        image = build(seed or f"{repository}:{tag}", platforms, index, attested)
        project = repository.partition("/")[0]
        with self.guard:
            proxied = self.add_project(project).upstream is not None
            self.blobs.update(image.blobs)
            self.artifacts.update({artifact.digest: artifact for artifact in image.artifacts})
            digests = frozenset(artifact.digest for artifact in image.artifacts)
            if proxied:
                self.shelve(self.upstream, repository, {tag: image.top.digest}, digests)
            if not (proxied and upstream_only):
                self.shelve(self.repositories, repository, {tag: image.top.digest}, digests)
            return image.top.digest

    def shelve(self, table: dict[str, Repository], name: str, tags: dict[str, str], digests: frozenset[str]) -> None:
        """Put tags and digests into a repository of `table`, which is made if it is not there."""
        with self.guard:
            held = table.get(name) or self._new_repository(name)
            table[name] = replace(
                held,
                tags={**held.tags, **tags},
                artifacts=held.artifacts | digests,
                pushed={**held.pushed, **dict.fromkeys(tags, self.clock())},
                lost=held.lost - digests,
            )

    def _new_repository(self, name: str) -> Repository:
        project = self.projects[name.partition("/")[0]]
        return Repository(self.next_id("repository"), name, project.id, self.clock())

    def digest(self, repository: str, tag: str) -> str:
        """Return the digest that a tag names; KeyError if it does not exist."""
        return self.repositories[repository].tags[tag]

    def delete_tag(self, repository: str, tag: str, by: str = "admin", days_ago: float = 0.0) -> None:
        """Remove a tag; its manifest goes too where no other tag names it. Shows in the audit log."""
        with self.guard:
            held = self.repositories[repository]
            gone = held.tags[tag]
            tags = {name: digest for name, digest in held.tags.items() if name != tag}
            artifacts = held.artifacts if gone in tags.values() else held.artifacts - {gone}
            self.repositories[repository] = replace(held, tags=tags, artifacts=artifacts)
            self.note("delete", "tag", f"{repository}:{tag}", by, held.project_id, days_ago=days_ago)

    def delete_artifact(self, repository: str, tag: str, by: str = "admin", days_ago: float = 0.0) -> str:
        """Delete the image that a tag names, with all its tags, and return its digest.

        The audit log names the digest only (controller/event, DeleteArtifactEvent).
        """
        with self.guard:
            held = self.repositories[repository]
            gone = held.tags[tag]
            tags = {name: digest for name, digest in held.tags.items() if digest != gone}
            self.repositories[repository] = replace(held, tags=tags, artifacts=held.artifacts - {gone})
            self.note("delete", "artifact", f"{repository}@{gone}", by, held.project_id, days_ago=days_ago)
            return gone

    def delete_repository(self, repository: str, by: str = "admin", days_ago: float = 0.0) -> None:
        """Delete a repository with all its tags."""
        with self.guard:
            held = self.repositories.pop(repository)
            self.note("delete", "repository", repository, by, held.project_id, days_ago=days_ago)

    def lose_manifest(self, repository: str, tag: str) -> None:
        """Let the storage lose the manifest that a tag names; the database still lists it."""
        with self.guard:
            held = self.repositories[repository]
            self.repositories[repository] = replace(held, lost=held.lost | {held.tags[tag]})

    def sign(self, repository: str, tag: str, how: str = "cosign") -> None:
        """Sign an image by `cosign` or `notation`."""
        with self.guard:
            self.signatures.add((repository, self.digest(repository, tag), how))

    def set_scan(self, repository: str, tag: str, scan: Scan | None) -> None:
        """Set the scan report of an image, and of an index's children but attestations; None: never scanned.

        A report belongs to the digest: every repository with the same digest is judged by it.
        """
        with self.guard:
            top = self.artifacts[self.digest(repository, tag)]
            children = (digest for digest, platform in top.children if platform != ATTESTATION)
            for digest in (top.digest, *children):
                if scan is None:
                    self.scans.pop(digest, None)
                else:
                    self.scans[digest] = scan

    def count_pull(self, repository: str, reference: str, username: str) -> None:
        """Count one successful GET of a manifest, and note it in the audit log."""
        with self.guard:
            held = self.repositories[repository]
            self.repositories[repository] = replace(held, pull_count=held.pull_count + 1)
            self.note("pull", "artifact", f"{repository}@{reference}", username or "anonymous", held.project_id)
