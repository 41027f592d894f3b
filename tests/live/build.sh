#!/usr/bin/env bash
# Finds or builds the servers of the live tests: kube-apiserver and etcd.
#
#   tests/live/build.sh          print the folder that holds both, building them first if need be
#   tests/live/build.sh --find   print it, or say on stderr why there is none and exit 1; never builds
#
# $KUBEBUILDER_ASSETS (envtest's convention) comes first. Else they are built once for each version named in
# cluster/go.mod and kept outside the checkout: minutes the first time, nothing afterwards.
set -euo pipefail

module=$(cd "$(dirname "${BASH_SOURCE[0]}")/cluster" && pwd)

version_of() { sed -n "s|^[[:space:]]*$1 \(v[0-9.]*\).*|\1|p" "$module/go.mod" | head -n 1; }

kubernetes=$(version_of k8s.io/kubernetes)
etcd=$(version_of go.etcd.io/etcd/server/v3)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/harbor-doctor/live/kubernetes-$kubernetes-etcd-$etcd

complete() { [[ -n $1 && -x $1/kube-apiserver && -x $1/etcd ]]; }

for folder in "${KUBEBUILDER_ASSETS:-}" "$cache"; do
  if complete "$folder"; then
    echo "$folder"
    exit 0
  fi
done

if [[ ${1:-} == --find ]]; then
  echo "no kube-apiserver and etcd in \$KUBEBUILDER_ASSETS or $cache; tests/live/build.sh builds them" >&2
  exit 1
fi
if ! command -v go >/dev/null; then
  echo "no kube-apiserver and etcd in \$KUBEBUILDER_ASSETS or $cache, and no Go to build them with" >&2
  exit 1
fi
# Go 1.21 is the first that fetches the release which go.mod asks for by itself.
go_version=$(go env GOVERSION)
IFS=. read -r _ go_minor _ <<<"$go_version"
if ((${go_minor%%[!0-9]*} < 21)); then
  echo "$go_version cannot build kube-apiserver and etcd: Go 1.21 or later is needed" >&2
  exit 1
fi

IFS=. read -r major minor _ <<<"${kubernetes#v}"
stamp=k8s.io/component-base/version
mkdir -p "$cache"
work=$(mktemp -d "$cache/build.XXXXXX")
trap 'rm -rf "$work"' EXIT

echo "building kube-apiserver $kubernetes and etcd $etcd into $cache" >&2
cd "$module"
# Without the stamp the API server calls itself v0.0.0-master, and clients complain.
go build -mod=readonly -o "$work" \
  -ldflags "-s -w -X $stamp.gitVersion=$kubernetes -X $stamp.gitMajor=$major -X $stamp.gitMinor=$minor" tool >&2
# etcd's main package is called `server`. A rename is atomic, so a build that was cut short is never found.
mv "$work/server" "$cache/etcd"
mv "$work/kube-apiserver" "$cache/kube-apiserver"
echo "$cache"
