# bash completion for itctl: what may stand next is asked of the daemon, names of peers, cases and traces included.
_itctl() {
	local cur words cword line word
	if declare -F _get_comp_words_by_ref >/dev/null; then
		# An IPv6 address is one word.
		_get_comp_words_by_ref -n : cur words cword
	else
		cur=${COMP_WORDS[COMP_CWORD]} words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
	fi
	COMPREPLY=()
	while IFS= read -r line; do
		word=${line%%$'\t'*}
		if [ "$word" = "<file>" ]; then
			compopt -o filenames 2>/dev/null
			while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$cur")
		else
			COMPREPLY+=("$word")
		fi
	done < <(itctl --complete "${words[@]:1:cword}" 2>/dev/null)
	declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$cur"
	return 0
}
complete -F _itctl itctl
