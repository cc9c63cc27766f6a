vmtelem_unit_test(
  encode
  SOURCES ../../fakes/allocation_counter.cc
          allocation_test.cc
          influx_encoder_test.cc
          json_encoder_test.cc
          line_protocol_parser_test.cc
          names_test.cc
          prometheus_encoder_test.cc
          round_trip_test.cc
          schema_test.cc
          series_test.cc)
