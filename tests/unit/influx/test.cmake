pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
vmtelem_unit_test(
  influx
  SOURCES outcome_hostile_test.cc
          outcome_refusal_test.cc
          outcome_status_test.cc
          request_test.cc
          server_text_test.cc
          sink_failure_test.cc
          sink_outcome_test.cc
          sink_test.cc
          sink_tls_test.cc
          sink_unasked_test.cc
  LIBRARIES PkgConfig::HTTPLIB ZLIB::ZLIB)
