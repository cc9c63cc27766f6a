vmtelem_unit_test(
  agent
  SOURCES agent_test.cc
          collector_test.cc
          collector_time_test.cc
          monitor_watch_test.cc
          problem_watch_test.cc
          rates_property_test.cc
          sample_test.cc
          source_end_test.cc
          status_line_test.cc
          stuck_writer_test.cc
          tick_schedule_test.cc)
