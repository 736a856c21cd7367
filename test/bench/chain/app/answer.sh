#!/bin/sh
echo 42 >/srv/app/answer
