#include "carnyx/models/output_activation.h"

#include <gtest/gtest.h>

#include "carnyx/layers/activation_layers.h"
#include "carnyx/layers/core.h"
#include "carnyx/layers/merging.h"

namespace carnyx {
namespace {

AnyLayer dense(Activation activation) {
  return Dense({.units = 3, .activation = activation, .input_shape = {{4}}});
}

TEST(OutputActivation, IsThatOfTheLastLayerThatHasOne) {
  EXPECT_EQ(output_activation(Network({dense(Activation::Softmax)})), "softmax");
  EXPECT_EQ(output_activation(Network({dense(Activation::Relu), Dropout({.rate = 0.5})})), "relu");
  EXPECT_EQ(output_activation(Network({Flatten({.input_shape = {{4}}})})), "linear");
}

TEST(OutputActivation, MayBeALayerOfItsOwn) {
  EXPECT_EQ(output_activation(Network({dense(Activation::Linear), Softmax({})})), "softmax");
  EXPECT_EQ(output_activation(Network({dense(Activation::Linear), ReLU({})})), "relu");
  EXPECT_EQ(output_activation(Network({dense(Activation::Linear), PReLU({})})), "prelu");
}

TEST(OutputActivation, IsLinearWhereSeveralLayersAreMerged) {
  const SymbolicTensor x(Input({.shape = {4}}));
  const auto sum = AnyLayer(Add())({dense(Activation::Relu)(x), dense(Activation::Relu)(x)});

  EXPECT_EQ(output_activation(Network({.inputs = {x}, .outputs = {sum}})), "linear");
}

}  // namespace
}  // namespace carnyx
