#pragma once

#include <string>

// Connection URIs of libvirt: driver[+transport]://[user[:password]@][host][:port]/path[?parameters]. Text only; a URI
// that cannot be taken apart is left to libvirt to refuse. Pure functions.
namespace vmtelem {

// `text` (a message of libvirt's, which may quote the URI or a part of it) without the URI's password and the values of
// its parameters, as they are written and percent-decoded.
std::string WithoutPassword(std::string text, const std::string& uri);

// The same, with the URI for display in front unless the message names it.
std::string NamingUri(std::string message, const std::string& uri);

// The URI to open: with `no_tty=1` for the ssh transport, whatever it says itself, because ssh would ask on the
// terminal for a password or an unknown host key.
std::string UriWithoutPrompts(const std::string& uri);

// Whether libvirt plays the hypervisor itself, without any daemon: its test driver.
bool IsInProcess(const std::string& uri);
// Whether libvirt starts a program for each connection: ssh, or one that the URI names.
bool RunsChild(const std::string& uri);
// Whether a connection is a TCP socket of this process.
bool IsOverTcp(const std::string& uri);

// The host part, without the brackets of an IPv6 address; empty if there is none.
std::string UriHost(const std::string& uri);

}  // namespace vmtelem
