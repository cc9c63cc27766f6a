#include "cmd/terminal/table.h"

#include <algorithm>

#include "base/visible_text.h"
#include "cmd/terminal/display_text.h"

namespace vmtelem {
namespace {

using Row = std::vector<Cell>;

std::vector<std::size_t> Widths(const std::vector<Row>& rows, std::size_t columns) {
  std::vector<std::size_t> widths(columns, 0);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < columns; ++i) widths[i] = std::max(widths[i], DisplayWidth(row[i].text));
  }
  return widths;
}

Row TitleRow(const std::vector<Column>& columns) {
  Row row;
  for (const Column& column : columns) row.push_back({std::string(column.title), Style::kBold});
  return row;
}

std::string FormatCell(const Cell& cell, Align align, std::size_t width, bool color) {
  // Padding is counted by display width, so it cannot be left to a formatting library, and lies outside the style.
  const std::string padding(width - DisplayWidth(cell.text), ' ');
  const std::string text = Styled(cell.text, cell.style, color);
  return align == Align::kRight ? padding + text : text + padding;
}

std::string FormatRow(const Row& row, const std::vector<Column>& columns, const std::vector<std::size_t>& widths,
                      bool color) {
  std::string line;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) line += "   ";
    line += FormatCell(row[i], columns[i].align, widths[i], color);
  }
  line.erase(line.find_last_not_of(' ') + 1);
  return line + '\n';
}

}  // namespace

std::string FormatTable(const std::vector<Column>& columns, std::vector<Row> rows, TableLook look) {
  for (Row& row : rows) {
    for (Cell& cell : row) cell.text = VisibleText(cell.text);
  }
  if (look.headers) rows.insert(rows.begin(), TitleRow(columns));
  const auto widths = Widths(rows, columns.size());
  std::string table;
  for (const Row& row : rows) table += FormatRow(row, columns, widths, look.color);
  return table;
}

}  // namespace vmtelem
