vmtelem_stage(
  libvirt
  SOURCES bulk_decode.cc
          connection.cc
          device_cache.cc
          domain_calls.cc
          domain_filter.cc
          domain_xml.cc
          host_name.cc
          incarnations.cc
          lane.cc
          libvirt_source.cc
          reconnect_pause.cc
          session.cc
          stats_reader.cc
          uri.cc
          values.cc
          virt_error.cc
  STAGES model
  LIBRARIES PkgConfig::LIBVIRT pugixml::pugixml)
