#!/bin/sh
# Prints what it is.
echo ordinary
