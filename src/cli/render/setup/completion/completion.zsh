#compdef rag
# zsh completion for rag
_rag() {
    local -a lines values shown space
    local line value description
    # PREFIX leaves out an open quotation mark; compadd quotes what it inserts.
    lines=("${(@f)$(rag complete -- "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)}")
    [[ $lines[-1] == :6 ]] && space=(-S '')
    for line in "${(@)lines[1,-2]}"; do
        value=${line%%$'\t'*}
        description=${line#*$'\t'}
        values+=("$value")
        shown+=("$value${description:+  -- $description}")
    done
    if [[ $lines[-1] == :0 && $#values -eq 0 ]]; then
        _files
    elif [[ "$shown" == "$values" ]]; then
        compadd "${(@)space}" -a values
    else
        compadd "${(@)space}" -l -d shown -a values
    fi
}
if [[ $funcstack[1] == _rag ]]; then
    _rag "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
    compdef _rag rag
fi
