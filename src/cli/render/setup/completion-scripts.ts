/**
 * Scripts for the shells that put a candidate on the command line as the script gives it. Names of sources and collections
 * are candidates, and may have come with a project: each is quoted, and nothing that was typed is evaluated. The directive
 * at the end of the candidates is a sum: 2 for no space behind one, 4 for no files where there is none.
 */
export const completionScripts = {
  bash: `# bash completion for rag

__rag_complete() {
    local word cur joined="" plain=()
    # Bash takes --mode=dense for three words.
    for word in "\${COMP_WORDS[@]:1:COMP_CWORD}"; do
        if [[ -n $joined || $word == [=:]* ]] && ((\${#plain[@]})); then
            plain[\${#plain[@]}-1]+=$word
        else
            plain+=("$word")
        fi
        [[ $word == [=:]* ]] && joined=1 || joined=""
    done
    cur=\${plain[\${#plain[@]}-1]}
    # What was typed goes on without its quotes, and is not evaluated.
    plain=("\${plain[@]//[\\\\\\'\\"]/}")
    local out value quoted before=""
    out=$(rag complete -- "\${plain[@]}" 2>/dev/null) || return 0
    local directive=\${out##*:}
    case $COMP_WORDBREAKS in *[=:]*) before=\${cur%"\${cur##*[=:]}"} ;; esac
    COMPREPLY=()
    while IFS=$'\\t' read -r value _; do
        [[ -z $value || $value == :* ]] && continue
        # A name is put on the command line as a shell reads it: it may hold $(…), which a shell would run.
        printf -v quoted %q "$value"
        [[ $cur == [\\"\\']* && $quoted != "$value" ]] && continue
        COMPREPLY+=("\${quoted#"$before"}")
    done <<<"$out"
    if ((directive & 2)); then compopt -o nospace; fi
    if ((directive & 4)); then compopt +o default; fi
}

complete -o default -F __rag_complete rag
`,
  zsh: `#compdef rag
# zsh completion for rag

_rag() {
    local -a lines values shown options
    local line directive
    # What was typed goes on without its quotes, and is not evaluated.
    lines=("\${(@f)$(rag complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}")
    directive=\${lines[-1]#:}
    [[ $directive == <-> ]] || return 1
    for line in "\${(@)lines[1,-2]}"; do
        [[ -n $line ]] || continue
        values+=("\${line%%$'\\t'*}")
        shown+=("\${\${line/$'\\t'/  -- }%  -- }")
    done
    if (( directive & 2 )); then options+=(-S ''); fi
    if (( $#values )); then
        # Without -Q, zsh quotes a name that it puts on the command line: it may hold $(…), which a shell would run.
        compadd "\${options[@]}" -l -d shown -- "\${values[@]}"
    elif (( ! (directive & 4) )); then
        _files
    fi
}

if [[ \${funcstack[1]} == _rag ]]; then
    _rag "$@"
else
    compdef _rag rag
fi
`,
};
