"""Parts from which the integration tests are built: a private libvirt host, guests, databases and the program under test."""
