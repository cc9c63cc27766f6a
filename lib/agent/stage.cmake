vmtelem_stage(agent SOURCES agent.cc collector.cc monitor_watch.cc problem_watch.cc sample.cc status_line.cc tick_schedule.cc STAGES libvirt derive
              encode ship influx)
