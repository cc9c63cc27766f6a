vmtelem_unit_test(agent SOURCES tick_schedule_test.cc collector_test.cc agent_test.cc)
