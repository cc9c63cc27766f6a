#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cmd/terminal/terminal.h"

namespace vmtelem {

// Where a cell's text stands in its column.
enum class Align { kLeft, kRight };

// A column of a table.
struct Column {
  std::string_view title;
  Align align = Align::kLeft;
};

// A value in a table.
struct Cell {
  std::string text;  // of any origin: it is made safe for a terminal here
  Style style = Style::kPlain;
};

// How a table is to look.
struct TableLook {
  bool headers = true;
  bool color = false;
};

// Columns as wide as their widest cell on a terminal, three spaces apart; nothing is ever cut, no line ends in a space.
std::string FormatTable(const std::vector<Column>& columns, std::vector<std::vector<Cell>> rows, TableLook look);

}  // namespace vmtelem
