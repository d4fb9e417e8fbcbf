#include "training/report/mistakes.h"

#include <algorithm>
#include <numeric>

#include "carnyx/base/format.h"

#include "training/report/markup.h"
#include "training/report/png.h"

namespace carnyx::report {
namespace {

constexpr std::int64_t kMostColumns = 20;
constexpr std::size_t kPairs = 8;
constexpr std::size_t kBars = 3;

std::int64_t row_sum(const ConfusionMatrix& confusion, std::int64_t label) {
  std::int64_t sum = 0;
  for (std::int64_t c = 0; c < confusion.classes; ++c) sum += confusion.at(label, c);
  return sum;
}

std::int64_t column_sum(const ConfusionMatrix& confusion, std::int64_t guess) {
  std::int64_t sum = 0;
  for (std::int64_t c = 0; c < confusion.classes; ++c) sum += confusion.at(c, guess);
  return sum;
}

std::string share_cell(std::int64_t part, std::int64_t whole) {
  const std::string text =
      whole == 0 ? "–" : escaped(percent(static_cast<double>(part) / static_cast<double>(whole)));
  return element("td", R"(class="share")", text);
}

/// Right guesses shade by their share of the row, wrong ones by their share of the worst cell.
std::string count_cell(const ConfusionMatrix& confusion,
                       std::int64_t label,
                       std::int64_t guess,
                       std::int64_t worst) {
  const std::int64_t count = confusion.at(label, guess);
  if (count == 0) return element("td", R"(class="none")", "0");
  const std::int64_t whole = label == guess ? row_sum(confusion, label) : worst;
  const std::int64_t shade = std::max<std::int64_t>(1, (count * 5 + whole - 1) / whole);
  return element(
      "td", format(R"(class="{} s{}")", label == guess ? "right" : "wrong", shade), grouped(count));
}

std::int64_t worst_count(const ConfusionMatrix& confusion) {
  std::int64_t worst = 1;
  for (std::int64_t label = 0; label < confusion.classes; ++label) {
    for (std::int64_t guess = 0; guess < confusion.classes; ++guess) {
      if (label != guess) worst = std::max(worst, confusion.at(label, guess));
    }
  }
  return worst;
}

std::string matrix(const ConfusionMatrix& confusion, const std::vector<std::string>& names) {
  const std::int64_t worst = worst_count(confusion);
  std::string head = "<td></td>";
  std::string body;
  std::string foot = element("th", R"(scope="row")", "precision");
  for (std::int64_t label = 0; label < confusion.classes; ++label) {
    const std::string name = escaped(class_name(names, label));
    head += element("th", R"(scope="col")", name);
    std::string cells = element("th", R"(scope="row")", name);
    for (std::int64_t guess = 0; guess < confusion.classes; ++guess) {
      cells += count_cell(confusion, label, guess, worst);
    }
    cells += share_cell(confusion.at(label, label), row_sum(confusion, label));
    body += element("tr", "", cells) + "\n";
    foot += share_cell(confusion.at(label, label), column_sum(confusion, label));
  }
  head += element("th", R"(scope="col")", "recall");
  foot += "<td></td>";
  return element(
      "table",
      R"(class="confusion")",
      element("caption", "", "Rows: the sample’s class. Columns: what it was taken for.") +
          element("thead", "", element("tr", "", head)) + element("tbody", "", body) +
          element("tfoot", "", element("tr", "", foot)));
}

struct Pair {
  std::int64_t label;
  std::int64_t guess;
  std::int64_t count;
};

std::string confused_pairs(const ConfusionMatrix& confusion,
                           const std::vector<std::string>& names) {
  std::vector<Pair> pairs;
  for (std::int64_t label = 0; label < confusion.classes; ++label) {
    for (std::int64_t guess = 0; guess < confusion.classes; ++guess) {
      const std::int64_t count = confusion.at(label, guess);
      if (label != guess && count > 0) pairs.push_back({label, guess, count});
    }
  }
  std::ranges::stable_sort(pairs, [](const Pair& a, const Pair& b) { return a.count > b.count; });
  std::string items;
  for (std::size_t i = 0; i < std::min(pairs.size(), kPairs); ++i) {
    items += element("li",
                     "",
                     format("<b>{}</b> taken for <b>{}</b> <span>{}×</span>",
                            escaped(class_name(names, pairs[i].label)),
                            escaped(class_name(names, pairs[i].guess)),
                            grouped(pairs[i].count)));
  }
  if (items.empty()) return element("p", "", "Nothing was confused.");
  return element(
      "div", R"(class="pairs")", element("h3", "", "Confused most") + element("ol", "", items));
}

/// The likeliest classes, and the right one if it is not among them.
std::vector<std::int64_t> classes_to_show(const Mistake& mistake) {
  std::vector<std::int64_t> order(mistake.probabilities.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, [&](std::int64_t a, std::int64_t b) {
    return mistake.probabilities[static_cast<std::size_t>(a)] >
           mistake.probabilities[static_cast<std::size_t>(b)];
  });
  order.resize(std::min(order.size(), kBars));
  if (std::ranges::find(order, mistake.label) == order.end()) order.back() = mistake.label;
  return order;
}

std::string bars(const Mistake& mistake, const std::vector<std::string>& names) {
  std::string rows;
  for (const std::int64_t c : classes_to_show(mistake)) {
    const double share = mistake.probabilities[static_cast<std::size_t>(c)];
    rows += element(
        "li",
        c == mistake.label ? R"(class="label")" : "",
        format(R"(<span class="name">{}</span><span class="bar" style="--share:{:.4f}"></span>)"
               R"(<span class="share">{}</span>)",
               escaped(class_name(names, c)),
               share,
               escaped(percent(share))));
  }
  return element("ul", R"(class="bars")", rows);
}

std::string card(const Mistake& mistake, const std::vector<std::string>& names) {
  const std::string what = escaped(format("sample {}: {} taken for {}",
                                          mistake.sample,
                                          class_name(names, mistake.label),
                                          class_name(names, mistake.guess)));
  std::string picture;
  if (!mistake.picture.empty()) {
    const Shape& shape = mistake.picture.shape();
    picture = format(R"(<img src="{}" width="{}" height="{}" alt="{}"/>)",
                     data_uri(png_of(mistake.picture)),
                     shape[1],
                     shape[0],
                     what);
  }
  const std::string caption = format(R"(is <b>{}</b>, taken for <b>{}</b><small>sample {}</small>)",
                                     escaped(class_name(names, mistake.label)),
                                     escaped(class_name(names, mistake.guess)),
                                     mistake.sample);
  return element(
      "li", R"(class="card")", picture + element("p", "", caption) + bars(mistake, names));
}

}  // namespace

std::string class_name(const std::vector<std::string>& names, std::int64_t index) {
  const auto at = static_cast<std::size_t>(index);
  return at < names.size() ? names[at] : std::to_string(index);
}

std::string confusion_of(const ConfusionMatrix& confusion, const std::vector<std::string>& names) {
  std::string table;
  if (confusion.classes <= kMostColumns) {
    table = element("div",
                    R"(class="scroll" tabindex="0" role="region" aria-label="confusion matrix")",
                    matrix(confusion, names));
  }
  return element("div", R"(class="split")", table + confused_pairs(confusion, names));
}

std::string mistakes_of(const std::vector<Mistake>& worst, const std::vector<std::string>& names) {
  std::string cards;
  for (const Mistake& mistake : worst) cards += card(mistake, names) + "\n";
  return element("ul", R"(class="cards")", cards);
}

}  // namespace carnyx::report
