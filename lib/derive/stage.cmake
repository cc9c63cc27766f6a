vmtelem_stage(derive SOURCES rate_tracker.cc rates.cc totals.cc STAGES model)
