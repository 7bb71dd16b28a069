# bash completion for fedctl; fedctl itself knows the candidates (fedctl __complete).
_fedctl() {
  local words=("${COMP_WORDS[@]:1:COMP_CWORD}") current out directive line
  # bash splits at '=' and ':'; put the last word together again.
  current=${COMP_LINE:0:COMP_POINT}
  read -ra words <<<"$current"
  [[ $current == *' ' ]] && words+=("")
  current=${words[-1]}
  out=$("${words[0]}" __completeNoDesc "${words[@]:1}" 2>/dev/null) || return
  directive=${out##*:}
  out=${out%:*}
  COMPREPLY=()
  while IFS= read -r line; do
    [[ -n $line ]] && COMPREPLY+=("$line")
  done <<<"$out"
  if ((directive & 16)); then
    compopt -o dirnames 2>/dev/null
  elif ((!(directive & 4))) && ((${#COMPREPLY[@]} == 0)); then
    compopt -o default 2>/dev/null
  fi
  ((directive & 2)) && compopt -o nospace 2>/dev/null
  # What readline sees as the current word starts behind the last '=' or ':'.
  if [[ $COMP_WORDBREAKS == *=* && $current == *=* ]]; then
    local prefix=${current%"${current##*=}"}
    COMPREPLY=("${COMPREPLY[@]#"$prefix"}")
  fi
}
complete -F _fedctl fedctl
