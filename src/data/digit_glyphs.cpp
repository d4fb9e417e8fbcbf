#include "data/digit_glyphs.h"

#include <array>

namespace carnyx {
namespace {

using P = GlyphPoint;
constexpr P kUp = kPenUp;

constexpr P kZero[] = {
    {50, 8}, {18, 8}, {14, 50}, {18, 94}, {50, 94}, {84, 94}, {86, 50}, {82, 8}, {50, 8}, kUp};
constexpr P kNarrowZero[] = {
    {58, 10}, {30, 4}, {22, 50}, {30, 98}, {54, 92}, {78, 80}, {80, 36}, {66, 6}, {48, 14}, kUp};

constexpr P kBarOne[] = {{50, 8}, {50, 92}, kUp};
constexpr P kFlagOne[] = {{30, 28}, {54, 8}, {54, 8}, {54, 92}, kUp};
constexpr P kFootOne[] = {{34, 24}, {52, 8}, {52, 8}, {52, 92}, kUp, {30, 92}, {74, 92}, kUp};

constexpr P kTwo[] = {
    {22, 28}, {24, 6}, {54, 6}, {82, 8}, {78, 40}, {60, 60}, {20, 92}, {20, 92}, {82, 92}, kUp};
constexpr P kLoopTwo[] = {{22, 26},
                          {40, 2},
                          {82, 8},
                          {76, 44},
                          {40, 82},
                          {18, 98},
                          {14, 80},
                          {36, 76},
                          {60, 94},
                          {86, 86},
                          kUp};

constexpr P kThree[] = {{22, 18},
                        {44, 2},
                        {80, 8},
                        {76, 42},
                        {46, 46},
                        {46, 46},
                        {84, 50},
                        {84, 92},
                        {46, 98},
                        {18, 80},
                        kUp};
constexpr P kFlatThree[] = {
    {22, 10}, {78, 10}, {78, 10}, {46, 42}, {46, 42}, {88, 48}, {82, 96}, {44, 98}, {18, 82}, kUp};

constexpr P kOpenFour[] = {{28, 8}, {20, 58}, {20, 58}, {80, 58}, kUp, {66, 12}, {62, 94}, kUp};
constexpr P kClosedFour[] = {{60, 8}, {16, 62}, {16, 62}, {86, 62}, kUp, {62, 8}, {62, 94}, kUp};

constexpr P kFive[] = {{78, 10},
                       {30, 10},
                       {30, 10},
                       {26, 44},
                       {26, 44},
                       {60, 30},
                       {86, 52},
                       {80, 94},
                       {44, 96},
                       {18, 82},
                       kUp};
constexpr P kBarFive[] = {{32, 12},
                          {26, 46},
                          {26, 46},
                          {58, 34},
                          {84, 50},
                          {80, 92},
                          {46, 98},
                          {20, 84},
                          kUp,
                          {32, 12},
                          {82, 8},
                          kUp};

constexpr P kSix[] = {{70, 8},
                      {34, 20},
                      {16, 56},
                      {22, 96},
                      {52, 96},
                      {84, 92},
                      {82, 52},
                      {50, 50},
                      {24, 60},
                      {22, 76},
                      kUp};
constexpr P kStraightSix[] = {
    {56, 6}, {30, 50}, {16, 80}, {40, 98}, {72, 92}, {76, 58}, {48, 54}, {28, 74}, kUp};

constexpr P kSeven[] = {{18, 12}, {82, 12}, {82, 12}, {44, 92}, kUp};
constexpr P kBarSeven[] = {{18, 12}, {82, 12}, {82, 12}, {44, 92}, kUp, {34, 50}, {76, 50}, kUp};
constexpr P kHookSeven[] = {
    {18, 26}, {22, 10}, {22, 10}, {84, 12}, {84, 12}, {56, 44}, {48, 94}, kUp};

constexpr P kEight[] = {{72, 22},
                        {62, 4},
                        {28, 6},
                        {22, 34},
                        {50, 48},
                        {82, 62},
                        {80, 96},
                        {48, 96},
                        {16, 94},
                        {20, 62},
                        {50, 48},
                        {80, 34},
                        {72, 22},
                        kUp};
constexpr P kRingsEight[] = {{50, 8},
                             {24, 8},
                             {22, 46},
                             {50, 46},
                             {78, 46},
                             {76, 8},
                             {50, 8},
                             kUp,
                             {50, 46},
                             {16, 48},
                             {16, 94},
                             {50, 94},
                             {84, 94},
                             {84, 48},
                             {50, 46},
                             kUp};

constexpr P kNine[] = {
    {76, 30}, {70, 6}, {26, 6}, {20, 34}, {26, 56}, {60, 56}, {76, 30}, {76, 30}, {70, 92}, kUp};
constexpr P kTailNine[] = {{76, 30},
                           {68, 4},
                           {26, 6},
                           {20, 34},
                           {28, 56},
                           {62, 56},
                           {76, 30},
                           {76, 30},
                           {80, 84},
                           {52, 98},
                           {26, 86},
                           kUp};

constexpr Glyph kZeros[] = {kZero, kNarrowZero};
constexpr Glyph kOnes[] = {kBarOne, kFlagOne, kFootOne};
constexpr Glyph kTwos[] = {kTwo, kLoopTwo};
constexpr Glyph kThrees[] = {kThree, kFlatThree};
constexpr Glyph kFours[] = {kOpenFour, kClosedFour};
constexpr Glyph kFives[] = {kFive, kBarFive};
constexpr Glyph kSixes[] = {kSix, kStraightSix};
constexpr Glyph kSevens[] = {kSeven, kBarSeven, kHookSeven};
constexpr Glyph kEights[] = {kEight, kRingsEight};
constexpr Glyph kNines[] = {kNine, kTailNine};

constexpr std::array<std::span<const Glyph>, 10> kDigits = {
    kZeros, kOnes, kTwos, kThrees, kFours, kFives, kSixes, kSevens, kEights, kNines};

}  // namespace

std::span<const Glyph> glyphs_of(std::int64_t digit) {
  return kDigits.at(static_cast<std::size_t>(digit));
}

}  // namespace carnyx
