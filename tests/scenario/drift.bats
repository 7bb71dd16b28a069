#!/usr/bin/env bats
# What others do to our objects is found, all of it, and nothing else.

setup_file() { load support; start_clusters; forget production; }
setup() { load support; in_own_folder; }

@test "random edits by other managers are each found, none is invented, and reading everything says the same" {
  run python3 "$BATS_TEST_DIRNAME/random_edits.py" "$FEDCTL" tokyo-cluster,ireland-cluster . "${FEDCTL_EDITS:-60}" "${FEDCTL_SEED:-$RANDOM}"
  echo "$output"
  exits 0
}
