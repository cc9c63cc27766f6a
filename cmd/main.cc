#include "cmd/app.h"

int main(int argc, char** argv) { return vmtelem::RunApp(vmtelem::PrepareProcess(argc, argv)); }
