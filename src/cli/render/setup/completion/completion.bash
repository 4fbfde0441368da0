# bash completion for rag
__rag_complete() {
    # Readline replaces the last word from behind its last "=" or ":", or from behind an open quotation mark.
    local cur=${COMP_WORDS[COMP_CWORD]} quote="" line value directive
    local -a lines=()
    COMPREPLY=()
    case $cur in
        [=:]) cur="" ;;
        [\"\']*) quote=${cur:0:1} cur=${cur:1} ;;
        *) cur=${cur//\\/} ;;
    esac
    while IFS= read -r line; do
        lines+=("$line")
    done < <(rag complete --line "${COMP_LINE:0:COMP_POINT}" --replaced "$cur" 2>/dev/null)
    ((${#lines[@]} > 0)) || return 0
    directive=${lines[${#lines[@]} - 1]}
    unset "lines[${#lines[@]} - 1]"
    if [[ $directive == :6 ]]; then compopt -o nospace 2>/dev/null; fi
    if [[ $directive != :0 ]]; then compopt +o default 2>/dev/null; fi
    for line in "${lines[@]}"; do
        value=${line%%$'\t'*}
        case $quote in
            \') value=${value//\'/\'\\\'\'} ;;
            \") value=$(sed 's/["$`\\]/\\&/g' <<<"$value") ;;
            *) if [[ $value =~ [^A-Za-z0-9_./:=,@%+-] ]]; then printf -v value %q "$value"; fi ;;
        esac
        COMPREPLY+=("$value")
    done
}
complete -o default -F __rag_complete rag
