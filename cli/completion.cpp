#include "cli/common.hpp"
#include "cli/usage.hpp"

#include <CLI/Validators.hpp>
#include <map>
#include <memory>

namespace fedctl::cli {
namespace {

constexpr const char* bash_script = R"sh(# bash completion for fedctl; fedctl itself knows the candidates (fedctl __completeLine).
_fedctl() {
  local out directive line
  COMPREPLY=()
  if ! out=$("${1/#~\//"$HOME/"}" __completeLine "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null); then
    compopt -o default 2>/dev/null
    return
  fi
  directive=${out##*:}
  while IFS= read -r line; do
    [[ -n $line ]] && COMPREPLY+=("$line")
  done <<<"${out%:*}"
  if ((directive & 16)); then
    compopt -o dirnames 2>/dev/null
  elif ((!(directive & 4))) && ((${#COMPREPLY[@]} == 0)); then
    compopt -o default 2>/dev/null
  fi
  ((directive & 2)) && compopt -o nospace 2>/dev/null
}
complete -F _fedctl fedctl kubefedctl
)sh";

constexpr const char* zsh_script = R"sh(#compdef fedctl kubefedctl
# zsh completion for fedctl; fedctl itself knows the candidates (fedctl __complete).
_fedctl() {
  local out directive line
  local -a candidates
  out=$("${(Q)words[1]/#\~\//$HOME/}" __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null) || return
  directive=${out##*:}
  for line in "${(@f)${out%:*}}"; do
    [[ -z $line ]] && continue
    local word=${line%%$'\t'*} description=
    [[ $line == *$'\t'* ]] && description=${line#*$'\t'}
    word=${word//\\/\\\\}
    candidates+=("${word//:/\\:}${description:+:$description}")
  done
  local -a options
  (( directive & 2 )) && options+=(-S '')
  if (( directive & 16 )); then
    _files -/
  elif (( ! (directive & 4) && ${#candidates} == 0 )); then
    _files
  else
    _describe -V fedctl candidates "${options[@]}"
  fi
}
if [[ $funcstack[1] == _fedctl ]]; then
  _fedctl "$@"
else
  compdef _fedctl fedctl kubefedctl
fi
)sh";

constexpr const char* fish_script = R"sh(# fish completion for fedctl; fedctl itself knows the candidates (fedctl __complete).
function __fedctl_complete
    set -l words (commandline -opc)
    # A quote that is still open is none of the word.
    set -l current (commandline -ct | string unescape; or commandline -ct | string replace -r '^["\']' '')
    set -l out ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
    or return
    set -l directive (string replace ':' '' -- $out[-1])
    set -e out[-1]
    if test (math "bitand($directive, 16)") -ne 0
        __fish_complete_directories (commandline -ct)
    else if test (math "bitand($directive, 4)") -eq 0 -a (count $out) -eq 0
        __fish_complete_path (commandline -ct)
    else
        printf '%s\n' $out
    end
end
complete -c fedctl -f -a '(__fedctl_complete)'
complete -c kubefedctl -f -a '(__fedctl_complete)'
)sh";

constexpr const char* powershell_script = R"sh(# PowerShell completion for fedctl; fedctl itself knows the candidates (fedctl __complete).
Register-ArgumentCompleter -Native -CommandName fedctl -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 | ForEach-Object { "$_" })
    if ($wordToComplete -eq '') { $words += '""' }
    $lines = @(& fedctl __complete @words 2>$null)
    $lines | Select-Object -SkipLast 1 | ForEach-Object {
        $word, $description = $_ -split "`t", 2
        if (-not $description) { $description = $word }
        [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $description)
    }
}
)sh";

const std::map<std::string, const char*>& scripts() {
  static const std::map<std::string, const char*> all{
      {"bash", bash_script}, {"fish", fish_script}, {"powershell", powershell_script}, {"zsh", zsh_script}};
  return all;
}

}  // namespace

void add_completion(Program& program) {
  auto shell = std::make_shared<std::string>();
  CommandText text{
      "Prints the completion script of a shell. The script asks fedctl for candidates, so that contexts and clusters are completed too.",
      {{"bash, for this session", "source <(fedctl completion bash)"},
       {"zsh, for ever", "fedctl completion zsh > \"${fpath[1]}/_fedctl\""},
       {"fish, for ever", "fedctl completion fish > ~/.config/fish/completions/fedctl.fish"}}};
  CLI::App* command = add_command(program, "completion", "Print a shell's completion script", std::move(text), [shell] {
    print(scripts().at(*shell));
    return exit_done;
  });
  auto* option = command->add_option("SHELL", *shell, "bash, zsh, fish or powershell");
  program.values[option] = {ValueKind::choice, {"bash", "zsh", "fish", "powershell"}};
  option->required()->check(one_of("shell", {"bash", "zsh", "fish", "powershell"}));
}

}  // namespace fedctl::cli
