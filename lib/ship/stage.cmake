vmtelem_stage(
  ship
  SOURCES batcher.cc bisection.cc delivery_log.cc dispatcher.cc gate.cc ledger.cc line_queue.cc
          memory_spool.cc outgoing_batch.cc writer.cc
  STAGES model)
