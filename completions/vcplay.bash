# bash completion for vcplay

_vcplay() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} verb=${COMP_WORDS[1]}
  local common="--format --rate --channels --live --latency --start --end --length --audio-track --reopen --untrusted --loop --shuffle --seed --volume --normalize --fade-in --fade-out --crossfade --af --bitrate --passthrough --complexity --application --fec --packet-loss
    --speaking --title --set-status --lead-in --when-alone --on-move --on-kick
    --on-suppressed --allow-plaintext --if-busy --json --ca-file
    --guild --channel --targets --part --sync --max-joined --at --token-file --token --api-url --gateway-url --shard
    --verbose --quiet --help --help-all --version -g -c -f -v -q -h -V"
  local rehearse="--output -o --fast --listeners --guilds --churn --script --serve"
  local encode="--output -o --format --rate --channels --start --end --length --audio-track --untrusted --loop --shuffle --seed
    --volume --normalize --fade-in --fade-out --crossfade --af --bitrate --passthrough --complexity --application --fec
    --packet-loss --json --ca-file --verbose --quiet --help --help-all --version -f -v -q -h -V"
  local listing="--guild --token-file --token --json --api-url --ca-file --verbose --quiet --help --help-all --version
    -g -v -q -h -V"
  COMPREPLY=()

  if ((COMP_CWORD == 1)); then
    mapfile -t COMPREPLY < <(compgen -W "play rehearse check channels encode help --help --help-all --version" -- "$current")
    return
  fi
  # "--option=value" arrives as three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=${COMP_WORDS[COMP_CWORD - 2]}
  fi

  case $previous in
    --token-file | --targets | --ca-file | --output | -o | --script)
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$current")
      return ;;
    --speaking)
      mapfile -t COMPREPLY < <(compgen -W "microphone soundshare priority" -- "$current")
      return ;;
    --when-alone)
      mapfile -t COMPREPLY < <(compgen -W "play wait exit" -- "$current")
      return ;;
    --sync)
      mapfile -t COMPREPLY < <(compgen -W "each together auto" -- "$current")
      return ;;
    --on-move)
      mapfile -t COMPREPLY < <(compgen -W "follow return exit" -- "$current")
      return ;;
    --on-kick)
      mapfile -t COMPREPLY < <(compgen -W "exit rejoin" -- "$current")
      return ;;
    --on-suppressed)
      mapfile -t COMPREPLY < <(compgen -W "wait exit" -- "$current")
      return ;;
    --if-busy)
      mapfile -t COMPREPLY < <(compgen -W "exit wait" -- "$current")
      return ;;
    --loop)
      mapfile -t COMPREPLY < <(compgen -W "inf 2 3" -- "$current")
      return ;;
    --normalize)
      mapfile -t COMPREPLY < <(compgen -W "off track album R128 R128=-16" -- "$current")
      return ;;
    --passthrough)
      mapfile -t COMPREPLY < <(compgen -W "auto off" -- "$current")
      return ;;
    --complexity)
      mapfile -t COMPREPLY < <(compgen -W "0 1 2 3 4 5 6 7 8 9 10" -- "$current")
      return ;;
    --application)
      mapfile -t COMPREPLY < <(compgen -W "audio voip lowdelay" -- "$current")
      return ;;
    --fec)
      mapfile -t COMPREPLY < <(compgen -W "on off" -- "$current")
      return ;;
    --bitrate)
      mapfile -t COMPREPLY < <(compgen -W "auto 64k 96k 128k 256k 384k" -- "$current")
      return ;;
    --format | -f)
      mapfile -t COMPREPLY < <(compgen -W "s16le s24le s32le f32le u8 wav flac mp3 ogg" -- "$current")
      return ;;
    --guild | -g | --channel | -c | --token | --rate | --channels | --latency | --start | --end | --length | --audio-track | --seed | --volume | --fade-in | --fade-out | --crossfade | --af | --title | --set-status | --packet-loss | --lead-in | --api-url | \
      --gateway-url | --shard | --listeners | --guilds | --churn | --part | --max-joined | --at)
      return ;;
  esac

  if [[ $current == -* ]]; then
    [[ $verb == rehearse ]] && common+=" $rehearse"
    [[ $verb == channels ]] && common=$listing
    [[ $verb == encode ]] && common=$encode
    mapfile -t COMPREPLY < <(compgen -W "$common" -- "$current")
  elif [[ $verb != channels ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
}
complete -F _vcplay vcplay
