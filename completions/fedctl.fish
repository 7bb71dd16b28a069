# fish completion for fedctl; fedctl itself knows the candidates (fedctl __complete).
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
