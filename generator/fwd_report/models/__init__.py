"""Pretrained text-conditional models: DeepFloyd IF and the embedded emoji-IF, one loader."""
