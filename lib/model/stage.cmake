vmtelem_stage(model SOURCES snapshot.cc batch.cc STAGES base)
