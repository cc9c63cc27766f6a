# bash completion for vmtelem(1). Needs nothing but bash; shellcheck -s bash.

# The word before the cursor and the one before it, as typed. Bash splits words at ':' and '=', which URIs and names of
# VMs hold, so they are put together again.
_vmtelem_words() {
  local line=${COMP_LINE:0:COMP_POINT} word quote='' char i
  _vmtelem_typed=()
  word=''
  local started=''
  for ((i = 0; i < ${#line}; i++)); do
    char=${line:i:1}
    if [[ -n $quote ]]; then
      [[ $char == "$quote" ]] && quote='' || word+=$char
    elif [[ $char == [\"\'] ]]; then
      quote=$char started=1
    elif [[ $char == \\ ]]; then
      i=$((i + 1)) started=1
      word+=${line:i:1}
    elif [[ $char == [[:space:]] ]]; then
      [[ -n $word$started ]] && _vmtelem_typed+=("$word")
      word='' started=''
    else
      word+=$char
    fi
  done
  _vmtelem_typed+=("$word")
  _vmtelem_quote=$quote
}

# Names of VMs, from the hypervisors that were typed or are set.
_vmtelem_names() {
  local -a connect=()
  local i
  for ((i = 1; i < ${#_vmtelem_typed[@]} - 1; i++)); do
    case ${_vmtelem_typed[i]} in
      -c | --connect | --connect-file) connect+=("${_vmtelem_typed[i]}" "${_vmtelem_typed[i + 1]}") ;;
      --connect=* | --connect-file=* | -c?*) connect+=("${_vmtelem_typed[i]}") ;;
    esac
  done
  "${_vmtelem_typed[0]}" list-vms --all --format name --timeout 1 "${connect[@]}" 2>/dev/null </dev/null
}

# Offers what begins with the word at the cursor: each argument, or without any each line of stdin.
_vmtelem_offer() {
  local current=$1 candidate breaks='' skip=''
  shift
  # Readline replaces only what follows the last break within the word, so the part before it is left out. It quotes
  # nothing by itself; within quotes nothing is a break and nothing needs quoting.
  [[ -z $_vmtelem_quote && $COMP_WORDBREAKS == *:* ]] && breaks+=":"
  [[ -z $_vmtelem_quote && $COMP_WORDBREAKS == *=* ]] && breaks+="="
  [[ -n $breaks && $current == *["$breaks"]* ]] && skip=${current%"${current##*["$breaks"]}"}
  while IFS= read -r candidate; do
    [[ -n $candidate && $candidate == "$current"* ]] || continue
    candidate=${candidate#"$skip"}
    [[ -n $_vmtelem_quote ]] || printf -v candidate %q "$candidate"
    COMPREPLY+=("$candidate")
  done < <(if (($#)); then printf '%s\n' "$@"; else cat; fi)
}

_vmtelem_values() { # FLAG WORD
  local command=$3
  case $1 in
    --format)
      case $command in
        once) _vmtelem_offer "$2" influx json prometheus ;;
        list-vms) _vmtelem_offer "$2" table json csv name ;;
        show-config) _vmtelem_offer "$2" table env json ;;
      esac
      ;;
    -c | --connect) _vmtelem_offer "$2" qemu:///system qemu:///session test:///default ;;
    --vm | --exclude-vm) _vmtelem_offer "$2" < <(_vmtelem_names) ;;
    --groups) _vmtelem_offer "$2" state cpu balloon vcpu interface block ;;
    --lanes) _vmtelem_offer "$2" adaptive ;;
    --spool-max) _vmtelem_offer "$2" auto ;;
    --influx-api) _vmtelem_offer "$2" v3 v2 v1 ;;
    --influx-gzip) _vmtelem_offer "$2" on off ;;
    --log-level) _vmtelem_offer "$2" trace debug info warn error ;;
    --log-format) _vmtelem_offer "$2" auto text logfmt json ;;
    --color) _vmtelem_offer "$2" auto always never ;;
    --connect-file | --env-file | --influx-token-file | --influx-ca-file | --listen-token-file | -o | --output)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$2")
      ;;
    --spool-dir)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -d -- "$2")
      ;;
    -i | --interval | --shard | --timeout | --device-cache-ttl | --lanes-parked-max | --influx-url | --influx-db | \
      --influx-org | --influx-user | --influx-rp | --influx-timeout | --batch-lines | --batch-age | \
      --writes-in-flight | --queue-max-bytes | --backlog-rate | --retry-max | --drain-timeout | --window | \
      --listen | --listen-hosts) ;;
    *) return 1 ;;
  esac
}

_vmtelem() {
  local common='--connect --connect-file --shard --vm --exclude-vm --timeout --log-level --log-format --color --env-file
    --verbose --quiet --help --version'
  local sampling='--groups --per-vcpu --device-cache-ttl --lanes --lanes-parked-max --influx-url --influx-db
    --influx-token-file --influx-api --influx-org --influx-user --influx-rp --influx-ca-file --influx-gzip
    --influx-timeout --batch-lines --batch-age --writes-in-flight --spool-dir --spool-max --backlog-rate
    --retry-max --drain-timeout'
  local running='--interval --queue-max-bytes --listen --listen-token-file --listen-hosts'
  local -a _vmtelem_typed flags
  local _vmtelem_quote=''
  COMPREPLY=()
  _vmtelem_words
  local last=$((${#_vmtelem_typed[@]} - 1)) command='' i
  local current=${_vmtelem_typed[last]} previous=${_vmtelem_typed[last - 1]}
  for ((i = 1; i < last; i++)); do
    case ${_vmtelem_typed[i]} in
      run | once | list-vms | show-config) command=${command:-${_vmtelem_typed[i]}} ;;
    esac
  done
  if [[ $current == --*=* ]]; then
    _vmtelem_values "${current%%=*}" "${current#*=}" "$command"
    return
  fi
  _vmtelem_values "$previous" "$current" "$command" && return
  case $command in
    run) read -ra flags -d '' <<<"--stdout --no-spool $common $sampling $running" ;;
    once) read -ra flags -d '' <<<"--stdout --format --window --output --no-spool $common $sampling" ;;
    list-vms) read -ra flags -d '' <<<"--all --format --no-headers $common" ;;
    show-config) read -ra flags -d '' <<<"--format --show-urls --check --stdout $common $sampling $running" ;;
    *) read -ra flags -d '' <<<"run once list-vms show-config $common" ;;
  esac
  if [[ -n $current || -z $command ]]; then
    _vmtelem_offer "$current" "${flags[@]}"
  else
    _vmtelem_offer -- "${flags[@]}"
  fi
}

complete -F _vmtelem vmtelem
