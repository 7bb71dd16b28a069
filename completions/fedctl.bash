# bash completion for fedctl; fedctl itself knows the candidates (fedctl __completeLine).
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
