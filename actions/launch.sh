#!/usr/bin/env bash
# Run one command of ours, in our environment and in the caller's working directory: launch.sh COMMAND [LOCK]
# LOCK names requirements/LOCK.txt; by default it is called like the command.
set -euo pipefail
command=$1 lock=${2:-$1}
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
requirements=$root/requirements/$lock.txt

# The caller's settings of uv and Python are for the caller's work. What says where packages come from is for ours too.
for name in $(compgen -e | grep '^UV_' || true); do
  case $name in
    UV_CACHE_DIR | UV_CONCURRENT_* | UV_DEFAULT_INDEX | UV_EXTRA_INDEX_URL | UV_FIND_LINKS | UV_HTTP_TIMEOUT) ;;
    UV_INDEX | UV_INDEX_* | UV_INSECURE_HOST | UV_KEYRING_PROVIDER | UV_NATIVE_TLS | UV_NO_INDEX | UV_OFFLINE) ;;
    UV_PYTHON_DOWNLOADS | UV_PYTHON_INSTALL_DIR | UV_PYTHON_INSTALL_MIRROR | UV_SYSTEM_CERTS) ;;
    *) unset "$name" ;;
  esac
done
unset PYTHONPATH PYTHONHOME

fail() {
  echo "::error title=mlops::$1 Usually: $2 To do: $3"
  exit 3
}

sha256() {
  if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi
}

# In our folder and not in the workspace, whose uv.toml and pyproject.toml have no say; the user's own uv.toml (a mirror) has.
install() (
  mkdir -p "$folder"
  aside=$(mktemp -d "$folder/.$lock.XXXXXX")
  trap 'rm -rf "$aside"' EXIT
  unset VIRTUAL_ENV CONDA_PREFIX
  cd "$root" &&
    uv venv --quiet --relocatable --python '>=3.11,<3.14' "$aside/new" &&
    uv pip sync --quiet --require-hashes --python "$aside/new/bin/python" "$requirements" &&
    take_place "$aside/new"
)

# A rename replaces nothing but an empty folder: of two that install at once, the second keeps what the first made.
take_place() {
  "$1/bin/python" -I -c 'import os, sys; os.path.exists(sys.argv[2]) or os.rename(*sys.argv[1:])' "$1" "$environment" ||
    test -x "$environment/bin/python"
}

# One folder for each lock, so that no install disturbs a process that runs in another.
folder=${RUNNER_TOOL_CACHE:-${RUNNER_TEMP:-${XDG_CACHE_HOME:-$HOME/.cache}}}/mlops-actions
key=$({ uname -sm && cat "$requirements"; } | sha256)
environment=$folder/$lock-${key:0:16}
if ! test -x "$environment/bin/python"; then
  command -v uv >/dev/null || fail "There is no uv on PATH." "the step that sets it up was left out." "install uv on the runner."
  install || fail "Our environment could not be installed; uv's message is above." \
    "the package index did not answer." "run again; UV_DEFAULT_INDEX names a mirror."
fi
exec "$environment/bin/python" -I "$root/actions/launch.py" "$command"
