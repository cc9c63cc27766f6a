vmtelem_unit_test(
  ship
  SOURCES batcher_test.cc
          bisection_test.cc
          gate_test.cc
          ledger_test.cc
          line_queue_test.cc
          memory_spool_test.cc
          outgoing_batch_test.cc
          size_limit_test.cc
          writer_drain_test.cc
          writer_property_test.cc
          writer_refusal_test.cc
          writer_test.cc
          writer_trouble_test.cc)
