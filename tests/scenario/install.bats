#!/usr/bin/env bats
# What is installed: the binary under its names, its manual, completion, documentation; and nothing that it speaks of is missing.

setup() { load support; in_own_folder; }

install_into() { DESTDIR=$PWD/$1 cmake --install "${FEDCTL_BUILD:-$(dirname "$FEDCTL")}" --prefix /usr >/dev/null; }

@test "what help, the manual and errors name is installed" {
  install_into root
  for file in bin/fedctl share/man/man1/fedctl-plan.1 share/bash-completion/completions/fedctl share/zsh/site-functions/_fedctl \
    share/fish/vendor_completions.d/fedctl.fish share/fedctl/completions/fedctl.ps1 share/doc/fedctl/LICENSE share/doc/fedctl/examples/fedctl-watch.service; do
    [ -s "root/usr/$file" ] || { echo "$file is missing" >&2; return 1; }
  done
  [ "$(readlink root/usr/bin/kubectl-fed)" = fedctl ]
  [ ! -e root/usr/bin/kubefedctl ]
  cd "$FEDCTL_SOURCE"
  mapfile -t named < <(grep -rhoE 'share/doc/fedctl/([A-Za-z0-9_./-]|\\-)*[A-Za-z0-9]' lib cli man | sed 's/\\//g' | sort -u)
  [ ${#named[@]} -ge 5 ]
  for file in "${named[@]}"; do [ -s "$BATS_TEST_TMPDIR/root/usr/$file" ] || { echo "$file is missing" >&2; return 1; }; done
  # Files of the source tree mean nothing to whoever installed a package.
  run grep -rnE '"[^"]*(^|[^/a-z])(docs|examples)/[a-z]' lib cli --include=*.cpp --include=*.hpp
  exits 1
}

@test "every link between the installed documents leads to one" {
  install_into root
  cd root/usr/share/doc/fedctl
  for page in docs/*.md; do
    for target in $(grep -oE '\]\([^)#]+' "$page" | cut -c3- | grep -v ^http); do
      [ -e "docs/$target" ] || { echo "$page: $target" >&2; return 1; }
    done
  done
}

@test "the names kubectl-fed and kubefedctl are installed as the options say" {
  cmake -S "$FEDCTL_SOURCE" -B other -DBUILD_TESTING=OFF -DFEDCTL_INSTALL_KUBEFEDCTL=ON -DFEDCTL_INSTALL_KUBECTL_PLUGIN=OFF >/dev/null
  cp "$FEDCTL" other/fedctl
  DESTDIR=$PWD/root cmake -DCMAKE_INSTALL_PREFIX=/usr -P other/cli/cmake_install.cmake >/dev/null
  run ls root/usr/bin
  [ "$output" = "$(printf 'fedctl\nkubefedctl')" ]
  run root/usr/bin/kubefedctl join
  says "see 'kubefedctl join --help'"
}
