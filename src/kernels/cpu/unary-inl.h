// The unary functions of math.h on vectors of float32. Relative error below 2e-6 down to results of
// 1e-36, under which exp() is no normal number any more; NaN in gives NaN out.
#if defined(CARNYX_UNARY_INL_H) == defined(HWY_TARGET_TOGGLE)
#ifdef CARNYX_UNARY_INL_H
#undef CARNYX_UNARY_INL_H
#else
#define CARNYX_UNARY_INL_H
#endif

#include <limits>

#include <hwy/contrib/math/math-inl.h>
#include <hwy/highway.h>

#include "carnyx/kernels/format.h"
#include "carnyx/kernels/math.h"

HWY_BEFORE_NAMESPACE();
namespace carnyx::kernels::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

inline constexpr float kSeluAlpha = 1.67326324235F;
inline constexpr float kSeluScale = 1.05070098736F;

/// x between low and high, 0 for NaN. Highway's functions convert to integers, which only such
/// numbers survive.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V bounded(D d, V x, float low, float high) {
  const V number = hn::IfThenZeroElse(hn::IsNaN(x), x);
  return hn::Min(hn::Max(number, hn::Set(d, low)), hn::Set(d, high));
}

/// NaN where x is, else y.
template <class V>
HWY_INLINE V with_nan_of(V x, V y) {
  return hn::IfThenElse(hn::IsNaN(x), x, y);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V exp_of(D d, V x) {
  return with_nan_of(x, hn::Exp(d, bounded(d, x, -105, 100)));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V expm1_of(D d, V x) {
  return with_nan_of(x, hn::Expm1(d, bounded(d, x, -105, 100)));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V tanh_of(D d, V x) {
  return with_nan_of(x, hn::Tanh(d, bounded(d, x, -20, 20)));
}

/// The logarithm of what Highway's Log can't take: 0, negative numbers, infinity and NaN.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V log_outside(D d, V x) {
  const V infinity = hn::Set(d, std::numeric_limits<float>::infinity());
  const V nan = hn::Set(d, std::numeric_limits<float>::quiet_NaN());
  const V negative = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Neg(infinity), nan);
  return hn::IfThenElse(hn::Eq(x, infinity), x, negative);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V log_of(D d, V x) {
  const V infinity = hn::Set(d, std::numeric_limits<float>::infinity());
  const auto inside = hn::And(hn::Gt(x, hn::Zero(d)), hn::Lt(x, infinity));
  const V safe = hn::IfThenElse(inside, x, hn::Set(d, 1.0F));
  return hn::IfThenElse(inside, hn::Log(d, safe), log_outside(d, x));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V log1p_of(D d, V x) {
  const V infinity = hn::Set(d, std::numeric_limits<float>::infinity());
  const V y = hn::Add(x, hn::Set(d, 1.0F));
  const auto inside = hn::And(hn::Gt(y, hn::Zero(d)), hn::Lt(y, infinity));
  const V safe = hn::IfThenElseZero(inside, x);
  return hn::IfThenElse(inside, hn::Log1p(d, safe), log_outside(d, y));
}

/// exp(-|x|) / (1 + exp(-|x|)) or its complement: no overflow on either side.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sigmoid_of(D d, V x) {
  const V one = hn::Set(d, 1.0F);
  const V z = exp_of(d, hn::Neg(hn::Abs(x)));
  return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), z, one), hn::Add(one, z));
}

/// exp(y) to float32's precision. Rounding y itself would cost |y| times as much.
template <class D, class VDouble, class V = hn::Vec<D>>
HWY_INLINE V exp_of_double(D d, VDouble y) {
  const hn::Rebind<double, D> doubles;
  const VDouble bounded = hn::Max(y, hn::Set(doubles, -104.0));
  const V near = hn::DemoteTo(d, bounded);
  const V rest = hn::DemoteTo(d, hn::Sub(bounded, hn::PromoteTo(doubles, near)));
  const V e = exp_of(d, near);
  return hn::MulAdd(e, rest, e);
}

/// exp(-size^2 / 2), size >= 0.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V bell_of(D d, V size) {
  const hn::Rebind<double, D> doubles;
  const auto wide = hn::PromoteTo(doubles, size);
  return exp_of_double(d, hn::Mul(hn::Mul(wide, wide), hn::Set(doubles, -0.5)));
}

/// The normal distribution's P(X > size) over exp(-size^2 / 2), size >= 0: a smooth function,
/// t P(t) with t = 1 / (1 + 0.3 size): our least-maximum fit on [0, 13.5], relative error 1.3e-7.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V tail_over_bell(D d, V size) {
  constexpr float kFit[] = {0.0359320414F,
                            -0.158277166F,
                            0.208208431F,
                            -0.0553953656F,
                            0.129469924F,
                            0.0996372964F,
                            0.120798387F,
                            0.119626388F};
  const V one = hn::Set(d, 1.0F);
  const V t = hn::Div(one, hn::MulAdd(size, hn::Set(d, 0.3F), one));
  V fit = hn::Set(d, kFit[0]);
  for (std::size_t i = 1; i < 8; ++i) fit = hn::MulAdd(fit, t, hn::Set(d, kFit[i]));
  return hn::Mul(fit, t);
}

/// `below` where x < 0, else 1 - below: how functions rise that do so alike on both sides of 0.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V mirrored(D d, V x, V below) {
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), below, hn::Sub(hn::Set(d, 1.0F), below));
}

/// x times the normal distribution's P(X < x).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V gelu_of(D d, V x) {
  const V size = hn::Abs(x);
  return hn::Mul(x, mirrored(d, x, hn::Mul(bell_of(d, size), tail_over_bell(d, size))));
}

/// exp(-2 u), u = sqrt(2 / pi) (size + 0.044715 size^3), size >= 0.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V gelu_tanh_decay(D d, V size) {
  constexpr double kTwoSqrtTwoOverPi = 1.5957691216057308;
  const hn::Rebind<double, D> doubles;
  const auto wide = hn::PromoteTo(doubles, size);
  const auto cubic = hn::MulAdd(hn::Mul(wide, wide),
                                hn::Set(doubles, -0.044715 * kTwoSqrtTwoOverPi),
                                hn::Set(doubles, -kTwoSqrtTwoOverPi));
  return exp_of_double(d, hn::Mul(wide, cubic));
}

/// x sigmoid(2 u), which is x (1 + tanh(u)) / 2 without its cancellation.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V gelu_tanh_of(D d, V x) {
  const V one = hn::Set(d, 1.0F);
  const V z = gelu_tanh_decay(d, hn::Abs(x));
  const V share = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), z, one);
  return hn::Mul(x, hn::Div(share, hn::Add(one, z)));
}

/// tanh(log(1 + e)) = e (e + 2) / (e (e + 2) + 2) with e = exp(x).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V mish_of(D d, V x) {
  const V two = hn::Set(d, 2.0F);
  const V e = exp_of(d, hn::Min(x, hn::Set(d, 30.0F)));
  const V n = hn::Mul(e, hn::Add(e, two));
  return hn::Mul(x, hn::Div(n, hn::Add(n, two)));
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V softplus_of(D d, V x) {
  const V rest = log1p_of(d, exp_of(d, hn::Neg(hn::Abs(x))));
  return hn::Add(hn::IfThenElse(hn::Gt(x, hn::Zero(d)), x, hn::Zero(d)), rest);
}

template <class D, class V = hn::Vec<D>>
HWY_INLINE V expm1_below_zero(D d, V x, float below, float above) {
  const V curve = hn::Mul(hn::Set(d, below), expm1_of(d, x));
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), curve, hn::Mul(x, hn::Set(d, above)));
}

/// x between low and high; NaN stays.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V clipped(D d, V x, float low, float high) {
  const V from_below = hn::IfThenElse(hn::Lt(x, hn::Set(d, low)), hn::Set(d, low), x);
  return hn::IfThenElse(hn::Gt(x, hn::Set(d, high)), hn::Set(d, high), from_below);
}

/// Vectors with as many lanes as vectors of double have.
using NarrowFloats = hn::Rebind<float, hn::CappedTag<double, kPanel>>;

/// Calls `loop(function)` with the vector function of `kind`, or `loop(function, d)` if it takes
/// only vectors of d.
template <class Loop>
HWY_INLINE void with_unary(UnaryKind kind, float alpha, const Loop& loop) {
  using K = UnaryKind;
  const auto one = [](auto d) HWY_ATTR { return hn::Set(d, 1.0F); };
  switch (kind) {
    case K::Negative:
      return loop([](auto, auto x) HWY_ATTR { return hn::Neg(x); });
    case K::Abs:
      return loop([](auto, auto x) HWY_ATTR { return hn::Abs(x); });
    case K::Square:
      return loop([](auto, auto x) HWY_ATTR { return hn::Mul(x, x); });
    case K::Sqrt:
      return loop([](auto, auto x) HWY_ATTR { return hn::Sqrt(x); });
    case K::Rsqrt:
      return loop([=](auto d, auto x) HWY_ATTR { return hn::Div(one(d), hn::Sqrt(x)); });
    case K::Reciprocal:
      return loop([=](auto d, auto x) HWY_ATTR { return hn::Div(one(d), x); });
    case K::Exp:
      return loop([](auto d, auto x) HWY_ATTR { return exp_of(d, x); });
    case K::Log:
      return loop([](auto d, auto x) HWY_ATTR { return log_of(d, x); });
    case K::Log1p:
      return loop([](auto d, auto x) HWY_ATTR { return log1p_of(d, x); });
    case K::Sign:
      return loop([=](auto d, auto x) HWY_ATTR {
        const auto below = hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Neg(one(d)), x);
        return hn::IfThenElse(hn::Gt(x, hn::Zero(d)), one(d), below);
      });
    case K::Relu:
      return loop([](auto d, auto x)
                      HWY_ATTR { return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x); });
    case K::Relu6:
      return loop([](auto d, auto x) HWY_ATTR { return clipped(d, x, 0, 6); });
    case K::LeakyRelu:
      return loop([=](auto d, auto x) HWY_ATTR {
        return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(x, hn::Set(d, alpha)), x);
      });
    case K::Elu:
      return loop([=](auto d, auto x) HWY_ATTR { return expm1_below_zero(d, x, alpha, 1); });
    case K::Selu:
      return loop([](auto d, auto x) HWY_ATTR {
        return expm1_below_zero(d, x, kSeluScale * kSeluAlpha, kSeluScale);
      });
    case K::Gelu:
      return loop([](auto d, auto x) HWY_ATTR { return gelu_of(d, x); }, NarrowFloats());
    case K::GeluTanh:
      return loop([](auto d, auto x) HWY_ATTR { return gelu_tanh_of(d, x); }, NarrowFloats());
    case K::Silu:
      return loop([](auto d, auto x) HWY_ATTR { return hn::Mul(x, sigmoid_of(d, x)); });
    case K::Sigmoid:
      return loop([](auto d, auto x) HWY_ATTR { return sigmoid_of(d, x); });
    case K::HardSigmoid:
      return loop([](auto d, auto x) HWY_ATTR {
        const auto shifted = hn::Add(x, hn::Set(d, 3.0F));
        return hn::Div(clipped(d, shifted, 0, 6), hn::Set(d, 6.0F));
      });
    case K::HardSilu:
      return loop([](auto d, auto x) HWY_ATTR {
        const auto shifted = hn::Add(x, hn::Set(d, 3.0F));
        return hn::Mul(x, hn::Div(clipped(d, shifted, 0, 6), hn::Set(d, 6.0F)));
      });
    case K::Tanh:
      return loop([](auto d, auto x) HWY_ATTR { return tanh_of(d, x); });
    case K::Softplus:
      return loop([](auto d, auto x) HWY_ATTR { return softplus_of(d, x); });
    case K::Softsign:
      return loop([=](auto d, auto x) HWY_ATTR { return hn::Div(x, hn::Add(one(d), hn::Abs(x))); });
    case K::Mish:
      return loop([](auto d, auto x) HWY_ATTR { return mish_of(d, x); });
  }
}

/// Calls `loop(function)` with the vector function of `kind`. Maximum and Minimum keep NaN.
template <class Loop>
HWY_INLINE void with_binary(BinaryKind kind, const Loop& loop) {
  using K = BinaryKind;
  const auto truth = [](auto d, auto mask)
                         HWY_ATTR { return hn::IfThenElseZero(mask, hn::Set(d, 1.0F)); };
  switch (kind) {
    case K::Add:
      return loop([](auto, auto x, auto y) HWY_ATTR { return hn::Add(x, y); });
    case K::Subtract:
      return loop([](auto, auto x, auto y) HWY_ATTR { return hn::Sub(x, y); });
    case K::Multiply:
      return loop([](auto, auto x, auto y) HWY_ATTR { return hn::Mul(x, y); });
    case K::Divide:
      return loop([](auto, auto x, auto y) HWY_ATTR { return hn::Div(x, y); });
    case K::Maximum:
      return loop([](auto, auto x, auto y) HWY_ATTR {
        return hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::Gt(x, y)), x, y);
      });
    case K::Minimum:
      return loop([](auto, auto x, auto y) HWY_ATTR {
        return hn::IfThenElse(hn::Or(hn::IsNaN(x), hn::Lt(x, y)), x, y);
      });
    case K::Equal:
      return loop([=](auto d, auto x, auto y) HWY_ATTR { return truth(d, hn::Eq(x, y)); });
    case K::Greater:
      return loop([=](auto d, auto x, auto y) HWY_ATTR { return truth(d, hn::Gt(x, y)); });
    case K::GreaterEqual:
      return loop([=](auto d, auto x, auto y) HWY_ATTR { return truth(d, hn::Ge(x, y)); });
  }
}

}  // namespace carnyx::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
