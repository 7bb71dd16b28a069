# Which Debian packages what needs, and how to have them. Sourced by examples/quickstart.sh and tests/run.sh.
build_packages=(g++ cmake ninja-build pkg-config libcli11-dev libyaml-dev nlohmann-json3-dev libcurl4-openssl-dev libssl-dev libfmt-dev libexpected-dev libpugixml-dev
  libpq-dev libldns-dev libinih-dev prometheus-cpp-dev libmicrohttpd-dev)
testbed_packages=(curl openssl ca-certificates)
test_packages=(catch2 bats jq python3 clang libclang-rt-14-dev ccache mold clang-format clang-tidy bash-completion zsh fish expect tmux man-db mandoc postgresql-15 knot python3-psycopg2 python3-venv
  pgbouncer libfaketime python3-psycopg)
bench_packages=(bc python3-yaml time)

# ensure PACKAGE...: installs those that are missing; quiet when none is.
ensure() {
  local missing=() package sudo=
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing ${missing[*]}" >&2
  [ "$(id -u)" = 0 ] || sudo=sudo
  mkdir -p "$HOME/.cache/fedctl"
  (
    flock 9  # apt-get update waits for no other one.
    $sudo apt-get update -qq
    DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq -o DPkg::Lock::Timeout=600 --no-install-recommends "${missing[@]}" >/dev/null
  ) 9>"$HOME/.cache/fedctl/packages.lock"
}
