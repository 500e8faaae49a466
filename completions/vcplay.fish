# fish completion for vcplay

set -l verbs play rehearse
set -l none "not __fish_seen_subcommand_from $verbs"
set -l both "__fish_seen_subcommand_from $verbs"
set -l rehearse "__fish_seen_subcommand_from rehearse"

complete -c vcplay -f -n $none -a play -d "Play into a voice channel"
complete -c vcplay -f -n $none -a rehearse -d "Play into a loopback Discord and report"

complete -c vcplay -n $both -s g -l guild -x -d "Server to play in"
complete -c vcplay -n $both -s c -l channel -x -d "Voice channel or its link"
complete -c vcplay -n $both -l token-file -r -F -d "File with the bot token"
complete -c vcplay -n $both -l token -x -d "The bot token itself"
complete -c vcplay -n $both -l api-url -x -d "REST API to use"
complete -c vcplay -n $both -l gateway-url -x -d "Gateway to use"
complete -c vcplay -n $both -l shard -x -d "Shard to identify as"

complete -c vcplay -n $both -s f -l format -x -a "s16le s24le s32le f32le u8 wav flac mp3 ogg" -d "Input format of MEDIA"
complete -c vcplay -n $both -l rate -x -d "Sampling rate of raw PCM"
complete -c vcplay -n $both -l channels -x -d "Number of channels of raw PCM"
complete -c vcplay -n $both -l volume -x -d "0 to 400 percent"
complete -c vcplay -n $both -l bitrate -x -a "auto 64k 96k 128k 256k 384k" -d "Opus bitrate"
complete -c vcplay -n $both -l speaking -x -a "microphone soundshare priority" -d "What Discord shows"
complete -c vcplay -n $both -l lead-in -x -d "Silence before the first sound"
complete -c vcplay -n $both -l when-alone -x -a "play wait exit" -d "What to do while nobody listens"
complete -c vcplay -n $both -l on-move -x -a "follow return exit" -d "What to do when moved to another channel"
complete -c vcplay -n $both -l on-kick -x -a "exit rejoin" -d "What to do when removed from the channel"
complete -c vcplay -n $both -l on-suppressed -x -a "wait exit" -d "What to do in the audience of a stage"
complete -c vcplay -n $both -l allow-plaintext -d "Play without end-to-end encryption where the server wants it so"
complete -c vcplay -n $both -l json -d "JSON on standard output"
complete -c vcplay -n $both -l ca-file -r -F -d "Further trusted certificates"
complete -c vcplay -n $both -s v -l verbose -d "Say what happens"
complete -c vcplay -n $both -s q -l quiet -d "Errors only, and no status line"

complete -c vcplay -n $rehearse -l output -r -F -d "Keep what the listener heard"
complete -c vcplay -n $rehearse -l fast -d "Do not wait for real time"
complete -c vcplay -n $rehearse -l listeners -x -d "Members of the loopback call who listen"
complete -c vcplay -n $rehearse -l churn -x -d "So often a listener comes or goes"
complete -c vcplay -n $rehearse -l serve -d "Keep the loopback Discord running"

complete -c vcplay -s h -l help -d "A short help"
complete -c vcplay -l help-all -d "All options"
complete -c vcplay -l version -d "Versions of vcplay and its libraries"
