#!/usr/bin/env bats
# Command lines that make no sense: one line says what was typed and what may have been meant, and nothing is done.

setup() {
  load support
  in_own_folder
  export KUBECONFIG=/dev/null
  touch web-app.yaml
}

# refuses WORDS... == MESSAGE: exit 1, and that is the whole error, up to "; see ... --help".
refuses() {
  local words=()
  while [ "$1" != == ]; do words+=("$1"); shift; done
  run fedctl "${words[@]}"
  exits 1
  [ "${output%%; see \'fedctl*}" = "error: $2" ] || { printf '%s\nexpected: error: %s\nseen:     %s\n' "${words[*]}" "$2" "$output" >&2; return 1; }
}

@test "an unknown flag is named, not its value, with the flag that was meant" {
  refuses plan --filname x == "unknown flag --filname, did you mean --filename?"
  refuses plan -f x --conetxts=a == "unknown flag --conetxts, did you mean --contexts?"
  refuses render --filname x == "unknown flag --filname, did you mean --filename?"
  refuses failover plan p.yaml --stat x == "unknown flag --stat, did you mean --state?"
  refuses plan -x == "unknown flag -x"
  refuses plan --nonsense == "unknown flag --nonsense"
  refuses apply --no-lck == "unknown flag --no-lck, did you mean --no-lock?"
}

@test "flags of other tools and of other commands are pointed to" {
  refuses plan --context a == "unknown flag --context, did you mean --contexts?"
  refuses plan --clusters a == "unknown flag --clusters, did you mean --contexts?"
  refuses schedule -f x --cluster a == "unknown flag --cluster, did you mean --clusters?"
  refuses apply --auto-approve == "unknown flag --auto-approve, did you mean --yes?"
  refuses plan --detailed-exit-code == "unknown flag --detailed-exit-code, did you mean --detailed-exitcode?"
  refuses plan -out x.plan == "unknown flag -out, did you mean --out?"
  refuses status -namespace web == "unknown flag -namespace, did you mean --namespace?"
  refuses render -k . == "unknown flag -k; build the manifests first: kubectl kustomize . | fedctl render -f -"
  refuses apply --dry-run == "unknown flag --dry-run; 'fedctl plan' shows what apply would do, and writes nothing"
  refuses plan --timeout 3s == "unknown flag --timeout; apply, delete and others have it"
  refuses plan --to x == "unknown flag --to; failover plan, failover run and others have it"
}

@test "flags stand before a command of a group too, and their values are no commands" {
  refuses -v 6 failover plan == "POLICY is missing"
  run fedctl --contexts plan render -f - <<<'{apiVersion: v1, kind: ConfigMap, metadata: {name: c}}'
  exits 0
  refuses -v == "unknown flag -v; it belongs behind a command, such as clusters"
}

@test "a command of another tool and a mistyped one are pointed to ours" {
  refuses plna == "unknown command 'plna', did you mean 'plan'?"
  refuses delpoy == "unknown command 'delpoy', did you mean 'apply'?"
  refuses diff == "unknown command 'diff', did you mean 'plan --diff=unified'?"
  refuses get == "unknown command 'get', did you mean 'status'?"
  refuses describe == "unknown command 'describe', did you mean 'explain'?"
  refuses validate == "unknown command 'validate', did you mean 'render'?"
  refuses destroy == "unknown command 'destroy', did you mean 'delete'?"
  refuses failover pln == "unknown command 'pln', did you mean 'plan'?"
  refuses bogus --help == "unknown command 'bogus'"
  refuses failover bogus --help == "unknown command 'bogus'"
}

@test "a manifest without -f is pointed to it" {
  refuses plan web-app.yaml == "unexpected argument 'web-app.yaml', did you mean -f web-app.yaml?"
  refuses status web-app.yaml == "unexpected argument 'web-app.yaml', did you mean -f web-app.yaml?"
  refuses apply web-app.yaml == "unexpected argument 'web-app.yaml', did you mean -f web-app.yaml?"
  refuses version x == "unexpected argument 'x'"
}

@test "values that are missing, or none of those there are" {
  refuses plan -v == "-v needs a value: -v LEVEL"
  refuses plan --filename == "--filename needs a value: --filename PATH"
  refuses plan -f --contexts a == "-f needs a value: -f PATH"
  refuses render == "--filename PATH is missing"
  refuses join == "CLUSTER_NAME is missing"
  refuses render -f x -o yml == "unknown output format 'yml', did you mean yaml? One of: yaml, json"
  refuses plan -o wide == "unknown output format 'wide'; one of: text, json, yaml, markdown, html, junit"
  refuses plan --diff=unifid == "unknown value of --diff 'unifid', did you mean unified? One of: fields, unified"
  refuses completion zhs == "unknown shell 'zhs', did you mean zsh? One of: bash, zsh, fish, powershell"
  refuses apply --parallelism 0 == "--parallelism: value 0 not in range 1 to 1000"
}

@test "what was typed is cut where it is long" {
  long=$(printf 'x%.0s' $(seq 100000))
  for line in "plan --$long" "plan $long" "$long" "plan -o $long" "completion $long" "join --rbac $long" "plan --parallelism $long" "apply --timeout $long"; do
    run fedctl $line
    exits 1
    [ ${#output} -lt 400 ] || { echo "${#output} characters for ${line:0:30}" >&2; return 1; }
  done
}

# Every command, those of groups too.
all_commands() {
  fedctl __completeNoDesc "" | grep -vE '^(:|help$)'
  fedctl __completeNoDesc failover "" | grep -v : | sed 's/^/failover /'
}

@test "help of what is none says so; help has topics" {
  refuses help nonsense == "no help for 'nonsense'"
  refuses help plna == "no help for 'plna', did you mean 'plan'?"
  refuses help plan nonsense == "no help for 'plan nonsense'"
  refuses help exitcodes == "no help for 'exitcodes', did you mean 'exit-codes'?"
  run fedctl help exit-codes
  exits 0
  says "Not everything: a cluster or an object failed"
  run fedctl help failover plan
  exits 0
  says "Usage: fedctl failover plan [OPTIONS] POLICY"
  run fedctl help --help
  exits 0
}

@test "help fits 80 columns, breaks between words, and names arguments and values" {
  local command
  while read -r command; do
    run fedctl $command --help
    exits 0
    # Examples are lines to be copied; all else is wrapped.
    long=$(sed '/^EXAMPLES$/,$d' <<<"$output" | awk 'length > 80')
    [ -z "$long" ] || { echo "$command: $long" >&2; return 1; }
    [[ ! $output =~ ( TEXT|REQUIRED|\{false\}|:POSITIVE|$'\n\n\n') ]] || { echo "$command: ${BASH_REMATCH[0]}" >&2; return 1; }
  done < <(all_commands)
  run fedctl join --help
  says "Usage: fedctl join [OPTIONS] CLUSTER_NAME"
  run fedctl federate --help
  says "[TYPE NAME"
  ln -s "$FEDCTL" kubefedctl
  run ./kubefedctl join --help
  says "  kubefedctl join tokyo-cluster"
}

@test "man pages name arguments, explain what kubefedctl's flags do, and list the exit codes that a command has" {
  mkdir man
  fedctl __man man
  grep -qF '\fBfedctl join\fR [OPTIONS] CLUSTER_NAME' man/fedctl-join.1
  grep -q 'accepted and ignored' man/fedctl-join.1
  run grep -lE '^\.SS *$| TEXT|fITEXT|:POSITIVE' man/*.1
  exits 1
  codes() { sed -n '/EXIT CODES/,/SEE ALSO/p' "man/$1.1" | grep -E '^[0-9]+$' | tr '\n' ' '; }
  [ "$(codes fedctl-schedule)" = "0 1 " ]
  [ "$(codes fedctl-plan)" = "0 1 2 3 4 130 " ]
}

@test "every flag of every command that lost a letter is an unknown flag, in one line" {
  local commands=() command flag
  mapfile -t commands < <(all_commands | grep -v '^failover$')
  [ ${#commands[@]} -gt 25 ]
  for command in "${commands[@]}"; do
    for flag in $(fedctl __completeNoDesc $command -- | grep '^--..'); do
      run fedctl $command ${flag:0:3}${flag:4} x
      [[ $status = 1 && ${#lines[@]} = 1 && $output == "error: unknown flag ${flag:0:3}${flag:4}"* ]] || { echo "$command $flag: $output" >&2; return 1; }
    done
  done
}
