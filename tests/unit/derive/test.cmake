vmtelem_unit_test(
  derive
  SOURCES ../../fakes/allocation_counter.cc
          allocation_test.cc
          elapsed_test.cc
          hung_vm_test.cc
          rate_tracker_test.cc
          rates_test.cc
          totals_test.cc)
