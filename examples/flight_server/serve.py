"""A model behind HTTP: FastAPI and scikit-learn, and not one line about monitoring."""

import os
from typing import Annotated

import joblib
import uvicorn
from fastapi import Body, FastAPI
from pydantic import BaseModel

model = joblib.load(os.environ["MODEL_PATH"])
app = FastAPI(title="Air time of a flight")


class Flight(BaseModel):
    airline: str
    distance_mi: float
    departure_delay_min: float | None
    taxi_out_min: float | None


class AirTime(BaseModel):
    air_time_min: float


@app.post("/predict")
async def predict(flight: Flight) -> AirTime:
    [minutes] = model.predict([flight.model_dump()])
    return AirTime(air_time_min=minutes)


@app.get("/health")
async def health() -> str:
    return "ok"


if __name__ == "__main__":
    uvicorn.run(
        app, host=os.environ.get("HOST", "127.0.0.1"), port=int(os.environ.get("PORT", "8000")), log_level="warning"
    )
