/// @file
/// What is left out, step by step.

#include "core/event/watcher/abridgement.hpp"

#include <gtest/gtest.h>

namespace reginfo {
namespace {

TEST(AbridgementTest, ANewOneLeavesNothingOut) {
    const Abridgement abridgement;
    EXPECT_FALSE(abridgement.needs_full_document());
    EXPECT_FALSE(abridgement.only_ends());
    EXPECT_FALSE(abridgement.without_ends());
    EXPECT_FALSE(abridgement.without_body());
}

TEST(AbridgementTest, AWatcherThatNeedsNoEndsIsTriedWithoutThemAndThenWithoutABody) {
    Abridgement abridgement;
    abridgement.shorten(false);
    EXPECT_TRUE(abridgement.without_ends());
    EXPECT_TRUE(abridgement.needs_full_document());
    abridgement.shorten(false);
    EXPECT_TRUE(abridgement.without_body());
    abridgement.shorten(false);
    EXPECT_TRUE(abridgement.without_body()) << "there is nothing less";
}

TEST(AbridgementTest, AWatcherThatNeedsEndsGetsThemAloneAndThenTheRest) {
    Abridgement abridgement;
    abridgement.shorten(true);
    EXPECT_TRUE(abridgement.only_ends());
    EXPECT_TRUE(abridgement.accepted()) << "the rest follows";
    EXPECT_FALSE(abridgement.only_ends());
    EXPECT_TRUE(abridgement.needs_full_document());
    EXPECT_FALSE(abridgement.accepted());
    EXPECT_FALSE(abridgement.needs_full_document());
}

TEST(AbridgementTest, EndsThatFitNoDatagramThemselvesAreLeftOut) {
    Abridgement abridgement;
    abridgement.shorten(true);
    abridgement.shorten(true);
    EXPECT_TRUE(abridgement.without_ends());
}

TEST(AbridgementTest, WhatWasAcceptedIsWholeTheNextTime) {
    Abridgement abridgement;
    abridgement.shorten(false);
    EXPECT_FALSE(abridgement.accepted());
    EXPECT_FALSE(abridgement.needs_full_document());
}

}  // namespace
}  // namespace reginfo
