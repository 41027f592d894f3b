#!/usr/bin/env bash
# Finds or builds the servers of the live tests: kube-apiserver and etcd, what a real node needs besides, and kubectl.
#
#   tests/live/build.sh                 print the folder that holds both, building them first if need be
#   tests/live/build.sh --node          the same for all six: also kubelet, kube-controller-manager, kube-scheduler, sleeper
#   tests/live/build.sh --kubectl       the same with kubectl, which the benchmarks are measured against
#   tests/live/build.sh [--node] --find print it, or say on stderr why there is none and exit 1; never builds
#
# $KUBEBUILDER_ASSETS (envtest's convention) comes first. Else they are built once for each version named in
# cluster/go.mod and kept outside the checkout: minutes the first time, nothing afterwards. Only what lacks is built.
set -euo pipefail

module=$(cd "$(dirname "${BASH_SOURCE[0]}")/cluster" && pwd)

version_of() { sed -n "s|^[[:space:]]*$1 \(v[0-9.]*\).*|\1|p" "$module/go.mod" | head -n 1; }

kubernetes=$(version_of k8s.io/kubernetes)
etcd=$(version_of go.etcd.io/etcd/server/v3)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/harbor-doctor/live/kubernetes-$kubernetes-etcd-$etcd

wanted=(kube-apiserver etcd)
find_only=
kinds=
for word in "$@"; do
  [[ $word == --find ]] || kinds+=" $word"
  case $word in
    --node) wanted+=(kubelet kube-controller-manager kube-scheduler sleeper) ;;
    --kubectl) wanted+=(kubectl) ;;
    --find) find_only=yes ;;
    *) echo "usage: $0 [--node] [--kubectl] [--find]" >&2 && exit 2 ;;
  esac
done

package_of() {
  case $1 in
    etcd) echo go.etcd.io/etcd/server/v3 ;;
    sleeper) echo ./sleeper ;;
    *) echo "k8s.io/kubernetes/cmd/$1" ;;
  esac
}

lacking=()
look_in() { # FOLDER: is everything there? What is not is in $lacking
  lacking=()
  local program
  for program in "${wanted[@]}"; do
    [[ -x $1/$program ]] || lacking+=("$program")
  done
  ((${#lacking[@]} == 0))
}

for folder in "${KUBEBUILDER_ASSETS:-}" "$cache"; do
  if [[ -n $folder ]] && look_in "$folder"; then
    echo "$folder"
    exit 0
  fi
done

names=$(printf ', %s' "${lacking[@]}")
names="${names:2}"
if [[ -n $find_only ]]; then
  echo "no $names in \$KUBEBUILDER_ASSETS or $cache; tests/live/build.sh$kinds builds them" >&2
  exit 1
fi
if ! command -v go >/dev/null; then
  echo "no $names in \$KUBEBUILDER_ASSETS or $cache, and no Go to build them with" >&2
  exit 1
fi
# Go 1.21 is the first that fetches the release which go.mod asks for by itself.
go_version=$(go env GOVERSION)
IFS=. read -r _ go_minor _ <<<"$go_version"
if ((${go_minor%%[!0-9]*} < 21)); then
  echo "$go_version cannot build $names: Go 1.21 or later is needed" >&2
  exit 1
fi

IFS=. read -r major minor _ <<<"${kubernetes#v}"
stamp=k8s.io/component-base/version
mkdir -p "$cache"
work=$(mktemp -d "$cache/build.XXXXXX")
trap 'rm -rf "$work"' EXIT

echo "building $names (Kubernetes $kubernetes, etcd $etcd) into $cache" >&2
cd "$module"
packages=()
for program in "${lacking[@]}"; do packages+=("$(package_of "$program")"); done
# Without the stamp the API server calls itself v0.0.0-master, and clients complain.
go build -mod=readonly -o "$work/" \
  -ldflags "-s -w -X $stamp.gitVersion=$kubernetes -X $stamp.gitMajor=$major -X $stamp.gitMinor=$minor" \
  "${packages[@]}" >&2
# etcd's main package is called `server`.
if [[ -e $work/server ]]; then mv "$work/server" "$work/etcd"; fi
# A rename is atomic, so a build that was cut short is never found.
for program in "${lacking[@]}"; do mv "$work/$program" "$cache/$program"; done
echo "$cache"
