vmtelem_stage(agent SOURCES agent.cc collector.cc sample.cc tick_schedule.cc STAGES libvirt derive encode ship influx)
