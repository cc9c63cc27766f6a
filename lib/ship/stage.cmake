vmtelem_stage(
  ship
  SOURCES awaited_batch.cc backlog_pace.cc batch_joiner.cc batch_outcome.cc batches_beside.cc service_lock.cc settled_file.cc batcher.cc bisection.cc delivery_log.cc dispatcher.cc dispatcher_start.cc
          gate.cc join_plan.cc known_directories.cc ledger.cc line_queue.cc memory_spool.cc known_poison.cc line_parts.cc outgoing_batch.cc poison_search.cc target_record.cc waiting_batches.cc writer.cc
          bounded_folder.cc damaged_files.cc dead_letters.cc directory.cc directory_watch.cc disk_spool.cc
          disk_spool_large.cc disk_spool_open.cc disk_spool_write.cc durable_file.cc freed_space.cc leave_in_spool.cc other_targets.cc
          own_file.cc space_relief.cc large_batches.cc spool_file.cc spool_file_parts.cc spool_index.cc spool_listing.cc spool_lock.cc spool_name.cc spool_outlook.cc spool_rate.cc spool_privacy.cc spool_room.cc spool_room_maker.cc spool_claim.cc spool_share.cc spool_target.cc
          loss_tally.cc sample_outcome.cc unremoved_files.cc
  STAGES model)
