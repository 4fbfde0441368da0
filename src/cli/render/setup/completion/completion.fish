# fish completion for rag
function __rag_complete
    set -l words (commandline -opc)
    set -l word (commandline -ct)
    # fish filters and quotes by itself; an open quotation mark is not a part of the word.
    set -l begun (string unescape -- $word; or string replace -r '^["\']' '' -- $word)
    set -l lines (rag complete -- $words[2..-1] "$begun" 2>/dev/null)
    set -q lines[1]; or return
    if test (count $lines) -gt 1
        printf '%s\n' $lines[1..-2]
    else if test $lines[1] = :0
        __fish_complete_path "$begun"
    end
end
complete -c rag -e
complete -c rag -f -a '(__rag_complete)'
