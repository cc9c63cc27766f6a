vmtelem_unit_test(model SOURCES batch_test.cc)
