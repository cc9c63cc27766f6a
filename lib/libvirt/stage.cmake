vmtelem_stage(
  libvirt
  SOURCES bulk_decode.cc
          bulk_session.cc
          call_floors.cc
          connection.cc
          control.cc
          control_session.cc
          control_sweep.cc
          device_book.cc
          domain_calls.cc
          domain_events.cc
          domain_filter.cc
          domain_pointers.cc
          domain_xml.cc
          event_loop.cc
          host_name.cc
          incarnations.cc
          lane.cc
          lane_pool.cc
          libvirt_source.cc
          parking_lot.cc
          poll.cc
          poll_look.cc
          reconnect_pause.cc
          roster.cc
          shards.cc
          stats_reader.cc
          stuck_domains.cc
          tcp_keepalive.cc
          uri.cc
          values.cc
          virt_error.cc
  STAGES model
  LIBRARIES PkgConfig::LIBVIRT pugixml::pugixml)
