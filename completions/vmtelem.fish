# fish completion for vmtelem(1)

function __vmtelem_vms
    set -l words (commandline -opc)
    set -l connect
    for i in (seq 2 (count $words))
        switch $words[$i]
            case -c --connect --connect-file
                set -l next (math $i + 1)
                test $next -le (count $words); and set -a connect $words[$i] $words[$next]
            case '--connect=*' '--connect-file=*'
                set -a connect $words[$i]
        end
    end
    $words[1] list-vms --all --format name --timeout 1 $connect 2>/dev/null </dev/null
end

set -l commands run once list-vms show-config
set -l any "not __fish_seen_subcommand_from $commands"
set -l sampling '__fish_seen_subcommand_from run once show-config'
set -l running '__fish_seen_subcommand_from run show-config'

complete -c vmtelem -f
complete -c vmtelem -n $any -a run -d 'Collect at an interval and deliver until stopped'
complete -c vmtelem -n $any -a once -d 'Collect one sample, deliver or print it, exit'
complete -c vmtelem -n $any -a list-vms -d 'List the VMs of the hypervisors'
complete -c vmtelem -n $any -a show-config -d 'Print the effective settings, secrets masked'

complete -c vmtelem -s c -l connect -x -a 'qemu:///system qemu:///session test:///default' -d 'Hypervisor'
complete -c vmtelem -l connect-file -r -F -d 'More hypervisors, one a line'
complete -c vmtelem -l shard -x -d 'Which of N parts of the hypervisors'
complete -c vmtelem -l vm -x -a '(__vmtelem_vms)' -d 'Only VMs with this name, UUID or glob'
complete -c vmtelem -l exclude-vm -x -a '(__vmtelem_vms)' -d 'Not VMs with this name, UUID or glob'
complete -c vmtelem -l timeout -x -d 'Longest deadline of a libvirt call'
complete -c vmtelem -l log-level -x -a 'trace debug info warn error' -d 'Least level of messages'
complete -c vmtelem -l log-format -x -a 'auto text logfmt json' -d 'Format of messages'
complete -c vmtelem -l color -x -a 'auto always never' -d 'When to use colour'
complete -c vmtelem -l env-file -r -F -d 'Read settings from a file'
complete -c vmtelem -s v -l verbose -d 'More messages'
complete -c vmtelem -s q -l quiet -d 'Only errors'
complete -c vmtelem -s h -l help -d 'Print help'
complete -c vmtelem -s V -l version -d 'Print version and library versions'

complete -c vmtelem -n $sampling -l groups -x -a 'state cpu balloon vcpu interface block' -d 'Groups of statistics'
complete -c vmtelem -n $sampling -l per-vcpu -d 'Also write a vm_vcpu line for each vCPU'
complete -c vmtelem -n $sampling -l device-cache-ttl -x -d 'How long device details are kept'
complete -c vmtelem -n $sampling -l lanes -x -a adaptive -d 'Calls for statistics in parallel'
complete -c vmtelem -n $sampling -l lanes-parked-max -x -d 'Blocked calls that are left behind at most'
complete -c vmtelem -n $sampling -l influx-url -x -d 'InfluxDB server to deliver to'
complete -c vmtelem -n $sampling -l influx-db -x -d 'Database or bucket'
complete -c vmtelem -n $sampling -l influx-token-file -r -F -d 'File that holds the token'
complete -c vmtelem -n $sampling -l influx-api -x -a 'v3 v2 v1' -d 'Version of the write API'
complete -c vmtelem -n $sampling -l influx-org -x -d 'Organisation (v2)'
complete -c vmtelem -n $sampling -l influx-user -x -d 'User (v1)'
complete -c vmtelem -n $sampling -l influx-rp -x -d 'Retention policy (v1)'
complete -c vmtelem -n $sampling -l influx-ca-file -r -F -d 'Certificates to trust'
complete -c vmtelem -n $sampling -l influx-gzip -x -a 'on off' -d 'Compress what is sent'
complete -c vmtelem -n $sampling -l influx-timeout -x -d 'Limit of one request'
complete -c vmtelem -n $sampling -l batch-lines -x -d 'Send when so many lines wait'
complete -c vmtelem -n $sampling -l batch-age -x -d 'Send when a line has waited so long'
complete -c vmtelem -n $sampling -l writes-in-flight -x -d 'Requests under way at once, at most'
complete -c vmtelem -n $sampling -l spool-dir -x -a '(__fish_complete_directories)' -d 'Directory for lines that wait'
complete -c vmtelem -n $sampling -l spool-max -x -a auto -d 'Disk space for lines that wait'
complete -c vmtelem -n $sampling -l backlog-rate -x -d 'Pace of old lines, as a multiple of new ones'
complete -c vmtelem -n $sampling -l retry-max -x -d 'Longest pause between attempts to deliver'
complete -c vmtelem -n $sampling -l drain-timeout -x -d 'How long a stop may deliver'
complete -c vmtelem -n $running -s i -l interval -x -d 'Time between samples'
complete -c vmtelem -n $running -l queue-max-bytes -x -d 'Memory for lines that wait'
complete -c vmtelem -n $running -l listen -x -d 'Where to answer HTTP'
complete -c vmtelem -n $running -l listen-token-file -r -F -d 'File that holds the token for POST'
complete -c vmtelem -n $running -l listen-hosts -x -d 'Further names in the header Host'

complete -c vmtelem -n '__fish_seen_subcommand_from run once' -l no-spool -d 'Keep what waits in memory only'
complete -c vmtelem -n $sampling -l stdout -d 'Print instead of delivering'
complete -c vmtelem -n '__fish_seen_subcommand_from once' -l format -x -a 'influx json prometheus' -d 'Format to print'
complete -c vmtelem -n '__fish_seen_subcommand_from once' -l window -x -d 'Take two samples so far apart'
complete -c vmtelem -n '__fish_seen_subcommand_from once' -s o -l output -r -F -d 'Replace a file with the sample'
complete -c vmtelem -n '__fish_seen_subcommand_from list-vms' -l all -d 'Also VMs that are shut off'
complete -c vmtelem -n '__fish_seen_subcommand_from list-vms' -l format -x -a 'table json csv name' -d 'Format to print'
complete -c vmtelem -n '__fish_seen_subcommand_from list-vms' -l no-headers -d 'No line of titles'
complete -c vmtelem -n '__fish_seen_subcommand_from show-config' -l format -x -a 'table env json' -d 'Format to print'
complete -c vmtelem -n '__fish_seen_subcommand_from show-config' -l show-urls -d 'Show the URLs, user and password masked'
complete -c vmtelem -n '__fish_seen_subcommand_from show-config' -l check -d 'Print only what is wrong'
